/** A page over HTTP from a host of the lab, by netcat: Debian's static busybox wget ends with SIGSEGV in getaddrinfo. */
import type { Host } from "./host.ts";
import { until } from "./until.ts";

const request = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 3 "$0" 80`;

/** The page's body; the server is given a moment to listen, because the container's program has just been started. */
export const fetchPage = (from: Host, ip: string): Promise<string> =>
  until(`a page from ${ip}`, async () => {
    const { stdout } = await from.exec("sh", "-c", request, ip);
    const [head = "", ...body] = stdout.split("\r\n\r\n");
    return head.includes(" 200 ") ? body.join("\r\n\r\n") : null;
  });

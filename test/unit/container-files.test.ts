import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ContainerRoot, type Mount, rewriteContainerFile } from "../../src/attach/containerFiles.ts";
import type { ContainerId } from "../../src/net/address.ts";

type Context = { base: string; root: (mounts?: readonly Mount[], id?: string) => ContainerRoot; outside: string };
const test = suite<Context>("the container's own files");

test.before.each((context) => {
  const base = mkdtempSync(`${tmpdir()}/berth-files-`);
  mkdirSync(`${base}/bundle/rootfs/etc`, { recursive: true });
  mkdirSync(`${base}/host/etc`, { recursive: true });
  context.outside = `${base}/host/etc/resolv.conf`;
  writeFileSync(context.outside, "host\n");
  context.base = base;
  context.root = (mounts = [], id = "web1") => ({
    id: id as ContainerId,
    bundle: `${base}/bundle`,
    rootfs: `${base}/bundle/rootfs`,
    mounts,
    runDir: `${base}/run`,
  });
});
test.after.each(({ base }) => rmSync(base, { recursive: true }));

const write = (root: ContainerRoot) => rewriteContainerFile(root, "/etc/resolv.conf", () => "ours\n");

test("a file in the rootfs is written, and its old text returned", ({ base, root }) => {
  writeFileSync(`${base}/bundle/rootfs/etc/resolv.conf`, "old text that is longer\n");
  assert.is(write(root())._unsafeUnwrap().before, "old text that is longer\n");
  assert.is(readFileSync(`${base}/bundle/rootfs/etc/resolv.conf`, "utf8"), "ours\n");
});

test("a file that is not there is made", ({ base, root }) => {
  assert.ok(write(root()).isOk());
  assert.is(readFileSync(`${base}/bundle/rootfs/etc/resolv.conf`, "utf8"), "ours\n");
});

test("an absolute link is followed inside the rootfs, never outside", ({ base, root, outside }) => {
  symlinkSync(outside, `${base}/bundle/rootfs/etc/resolv.conf`);
  write(root());
  assert.is(readFileSync(outside, "utf8"), "host\n");
});

test("a link that climbs stays inside the rootfs", ({ base, root, outside }) => {
  symlinkSync("../../../host/etc/resolv.conf", `${base}/bundle/rootfs/etc/resolv.conf`);
  write(root());
  assert.is(readFileSync(outside, "utf8"), "host\n");
});

test("an /etc that is a link out of the rootfs leads nowhere", ({ base, root, outside }) => {
  rmSync(`${base}/bundle/rootfs/etc`, { recursive: true });
  symlinkSync(`${base}/host/etc`, `${base}/bundle/rootfs/etc`);
  assert.ok(write(root()).isErr());
  assert.is(readFileSync(outside, "utf8"), "host\n");
});

test("a hard link to a file outside is left alone", ({ base, root, outside }) => {
  linkSync(outside, `${base}/bundle/rootfs/etc/resolv.conf`);
  assert.match(write(root())._unsafeUnwrapErr(), "hard links");
  assert.is(readFileSync(outside, "utf8"), "host\n");
});

test("a directory or a FIFO in its place is left alone", ({ base, root }) => {
  mkdirSync(`${base}/bundle/rootfs/etc/resolv.conf`);
  assert.ok(write(root()).isErr());
  rmSync(`${base}/bundle/rootfs/etc/resolv.conf`, { recursive: true });
  Bun.spawnSync(["mkfifo", `${base}/bundle/rootfs/etc/resolv.conf`]);
  assert.match(write(root())._unsafeUnwrapErr(), "regular file");
});

test("the rootfs / is the host's and is never written", ({ root }) => {
  assert.match(
    rewriteContainerFile({ ...root(), rootfs: "/" }, "/etc/resolv.conf", () => "ours\n")._unsafeUnwrapErr(),
    "host",
  );
});

test("a bind mount of a file of the host is left alone", ({ root, outside }) => {
  const mounted = root([{ destination: "/etc/resolv.conf", source: outside }]);
  assert.match(write(mounted)._unsafeUnwrapErr(), "not this container's own");
  assert.is(readFileSync(outside, "utf8"), "host\n");
});

test("a bind mount from the bundle is written", ({ base, root }) => {
  writeFileSync(`${base}/bundle/resolv.conf`, "");
  assert.ok(write(root([{ destination: "/etc//resolv.conf", source: `${base}/bundle/resolv.conf` }])).isOk());
  assert.is(readFileSync(`${base}/bundle/resolv.conf`, "utf8"), "ours\n");
});

test("a link in the bundle that leads to a file of the host is left alone", ({ base, root, outside }) => {
  symlinkSync(`${base}/host`, `${base}/bundle/link`);
  assert.ok(write(root([{ destination: "/etc/resolv.conf", source: `${base}/bundle/link/etc/resolv.conf` }])).isErr());
  symlinkSync(outside, `${base}/bundle/resolv.conf`);
  assert.ok(write(root([{ destination: "/etc/resolv.conf", source: `${base}/bundle/resolv.conf` }])).isErr());
  assert.is(readFileSync(outside, "utf8"), "host\n");
});

test("a directory named by the container's long id is its own, by a short name it is not", ({ base, root }) => {
  const id = "a".repeat(64);
  for (const name of [id, "etc2"]) {
    mkdirSync(`${base}/engine/${name}`, { recursive: true });
    writeFileSync(`${base}/engine/${name}/resolv.conf`, "");
  }
  assert.ok(write(root([{ destination: "/etc/resolv.conf", source: `${base}/engine/${id}/resolv.conf` }], id)).isOk());
  assert.ok(
    write(root([{ destination: "/etc/resolv.conf", source: `${base}/engine/etc2/resolv.conf` }], "etc2")).isErr(),
  );
});

test("a mount over /etc hides the rootfs' file, which is left alone", ({ base, root }) => {
  assert.match(write(root([{ destination: "/etc/", source: `${base}/host/etc` }]))._unsafeUnwrapErr(), "covers");
});

test.run();

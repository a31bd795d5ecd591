/** What a lab's DHCP server is told, whichever program it is, and what can be asked of it. */

export type ServerKind = "dnsmasq" | "isc" | "kea";

export type ServerOptions = {
  readonly kind: ServerKind;
  /** First three octets of the /24 that is served. */
  readonly network: string;
  readonly first: number;
  readonly last: number;
  readonly leaseSeconds: number;
  /** The interface it listens on. */
  readonly interface: string;
  readonly router: string | null;
  readonly dns: readonly string[];
  readonly domain: string | null;
  readonly search: readonly string[];
  readonly mtu: number | null;
  /** Option 121: destination and router. */
  readonly classless: readonly (readonly [string, string])[];
  readonly authoritative: boolean;
  /** Probe an address with a ping before offering it, as the program does by default. */
  readonly pingCheck: boolean;
  /** Interface subnet to declare besides the served one (a server behind a relay). */
  readonly behindRelay: string | null;
  /** Serve a /16 of the same two first octets, its addresses from .1.0 to .8.255, instead of the /24. */
  readonly wide?: boolean;
  /** Lines added to the program's own configuration, for tests of one program. */
  readonly extra: readonly string[];
};

export type ServerLease = { readonly ip: string; readonly mac: string };

export type Server = {
  readonly kind: ServerKind;
  /** Leases that are active in the server's own lease file. */
  readonly leases: () => readonly ServerLease[];
  readonly log: () => string;
  readonly stop: () => Promise<void>;
  /** Starts it (again), with changed options if given; the lease file is kept. */
  readonly start: (changes?: Partial<ServerOptions>) => Promise<void>;
};

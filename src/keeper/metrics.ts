/**
 * The keeper's figures in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4).
 * Counters count since the keeper's start; what there is now is asked when somebody asks.
 */

/** Seconds: a start that takes longer than the last has waited for a server. */
const bindBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

export type Metrics = {
  readonly count: (name: CounterName, label?: string, by?: number) => void;
  /** How long an attachment took, in seconds. */
  readonly observeBind: (seconds: number) => void;
  readonly text: (now: Gauges) => string;
};

/** The present state of things. */
export type Gauges = {
  /** Attachments by state: bound, renewing, rebinding, lost, …. */
  readonly leases: ReadonlyMap<string, number>;
  /** Seconds to the nearest expiry; null: nothing expires. */
  readonly nearestExpiry: number | null;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly openDescriptors: number;
};

const counters = {
  berth_renewals_total: {
    label: "exchange",
    help: "Leases prolonged or obtained by the keeper, by the exchange that did it.",
  },
  berth_renewal_failures_total: {
    label: "reason",
    help: "Renewals that failed, by reason; the keeper goes on trying.",
  },
  berth_lease_changes_total: {
    label: "",
    help: "Leases whose address, routes, MTU or DNS changed while the container ran.",
  },
  berth_leases_lost_total: { label: "reason", help: "Leases that ended while their container ran, by reason." },
  berth_packets_sent_total: { label: "", help: "DHCP packets sent by the keeper." },
  berth_packets_received_total: { label: "", help: "DHCP packets received by the keeper." },
  berth_late_renewals_total: { label: "", help: "Renewals begun more than a second after they were due." },
  berth_garbage_total: { label: "kind", help: "Things found that should not have been there, by kind." },
  berth_repairs_total: { label: "", help: "Attachments of running containers that were repaired." },
} as const;

export type CounterName = keyof typeof counters;

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`));

const labelled = (name: string, label: string, value: string): string =>
  label === "" ? name : `${name}{${label}="${escaped(value)}"}`;

export const makeMetrics = (): Metrics => {
  const counted = new Map<CounterName, Map<string, number>>();
  const binds = { buckets: bindBuckets.map(() => 0), sum: 0, count: 0 };
  const counterRows = (name: CounterName): readonly string[] => {
    const { label, help } = counters[name];
    const values = counted.get(name) ?? new Map<string, number>();
    const rows = [...values].map(([value, total]) => `${labelled(name, label, value)} ${total}`);
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      ...(rows.length === 0 && label === "" ? [`${name} 0`] : rows),
    ];
  };
  const gauge = (name: string, help: string, rows: readonly string[], type = "gauge"): readonly string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...rows,
  ];
  return {
    count: (name, label = "", by = 1) => {
      const values = counted.get(name) ?? new Map<string, number>();
      values.set(label, (values.get(label) ?? 0) + by);
      counted.set(name, values);
    },
    observeBind: (seconds) => {
      bindBuckets.forEach((most, at) => {
        if (seconds <= most) binds.buckets[at] = (binds.buckets[at] ?? 0) + 1;
      });
      binds.sum += seconds;
      binds.count += 1;
    },
    text: (now) =>
      [
        ...gauge(
          "berth_leases",
          "Attachments by the state of their lease.",
          [...now.leases].map(([state, total]) => `${labelled("berth_leases", "state", state)} ${total}`),
        ),
        ...gauge(
          "berth_lease_nearest_expiry_seconds",
          "Seconds until the first lease expires if it is not renewed.",
          now.nearestExpiry === null ? [] : [`berth_lease_nearest_expiry_seconds ${now.nearestExpiry.toFixed(1)}`],
        ),
        ...Object.keys(counters).flatMap((name) => counterRows(name as CounterName)),
        ...gauge(
          "berth_bind_seconds",
          "Time from the start of the hook to a usable network.",
          [
            ...bindBuckets.map((most, at) => `berth_bind_seconds_bucket{le="${most}"} ${binds.buckets[at] ?? 0}`),
            `berth_bind_seconds_bucket{le="+Inf"} ${binds.count}`,
            `berth_bind_seconds_sum ${binds.sum.toFixed(6)}`,
            `berth_bind_seconds_count ${binds.count}`,
          ],
          "histogram",
        ),
        ...gauge("process_start_time_seconds", "Start of the keeper, in seconds since the epoch.", [
          `process_start_time_seconds ${now.startedAt.toFixed(3)}`,
        ]),
        ...gauge("process_resident_memory_bytes", "Resident memory of the keeper.", [
          `process_resident_memory_bytes ${now.residentBytes}`,
        ]),
        ...gauge(
          "process_cpu_seconds_total",
          "CPU time of the keeper, its children not counted.",
          [`process_cpu_seconds_total ${now.cpuSeconds.toFixed(3)}`],
          "counter",
        ),
        ...gauge("process_open_fds", "Open file descriptors of the keeper.", [
          `process_open_fds ${now.openDescriptors}`,
        ]),
        "",
      ].join("\n"),
  };
};

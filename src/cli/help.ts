/** What `berth --help` prints. */
export const helpText = `berth: one real IP per container on the production network, before its process starts

Usage: berth COMMAND [--config FILE] [--run-dir DIR] [--state-dir DIR]

Hooks, called by an OCI runtime with the container's state (JSON) on standard input:
  createRuntime   put the container on its network: port, lease, address, routes, DNS
  poststop        take it off again and hand the lease back
  precreate       podman's hook of that name: config.json on standard input, with berth's hooks on standard output

Called by berth-runtime, the runtime that Docker and containerd are given:
  inject BUNDLE [ID]   add berth's hooks to the bundle's config.json, if the container is to have a network of ours

For people:
  version         print the version
  help            print this

Options:
  --config FILE     the configuration (default /etc/berth/berth.json; without it: DHCP on the bridge br0)
  --run-dir DIR     records of what is attached (default /run/berth)
  --state-dir DIR   what outlives a reboot: last addresses (default /var/lib/berth)

Environment:
  BERTH_TRACE=1     print how many milliseconds each step took, on standard error

Exit codes: 0 done (or nothing to do), 1 failed, 2 usage, 70 a bug in berth

Example: berth createRuntime < state.json
`;

/**
 * What every DHCP option codec looks like: one code and a pair of functions over the option's payload.
 *
 * The payload is the option's data without code and length octets, already concatenated from its pieces (RFC 3396 §7).
 * `decode` is total: bytes that are not a value of this option give undefined, never an exception.
 */

/** Options as they came, by code: payloads still undecoded. */
export type RawOptions = ReadonlyMap<number, Uint8Array>;

export type Option<T> = {
  readonly code: number;
  readonly encode: (value: T) => Uint8Array;
  readonly decode: (payload: Uint8Array) => T | undefined;
};

/** The option's value; undefined where the option is missing or malformed. */
export const read = <T>(options: RawOptions, option: Option<T>): T | undefined => {
  const payload = options.get(option.code);
  return payload === undefined ? undefined : option.decode(payload);
};

/** One entry for the map of a message that is being built. */
export const entry = <T>(option: Option<T>, value: T): readonly [number, Uint8Array] => [
  option.code,
  option.encode(value),
];

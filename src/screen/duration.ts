/** How long something still takes, for people: two units at most. */

/** `42s`, `9m 12s`, `59m`, `23h 59m`, `6d 4h`; `never` for infinite. */
export const durationText = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return "never";
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (whole < 60) return `${whole}s`;
  if (minutes < 10) return `${minutes}m ${whole % 60}s`;
  if (hours < 1) return `${minutes}m`;
  if (days < 1) return `${hours}h ${minutes % 60}m`;
  return `${days}d ${hours % 24}h`;
};

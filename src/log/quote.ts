/** Shows a value that came from outside inside a message: one line, printable ASCII, never long. */

const longest = 60;

const escaped = (unit: string): string => {
  if (unit === '"' || unit === "\\") return `\\${unit}`;
  if (unit === "\n") return "\\n";
  const code = unit.charCodeAt(0);
  return code >= 0x20 && code <= 0x7e ? unit : `\\u${code.toString(16).padStart(4, "0")}`;
};

/** The text as a JSON string of printable ASCII, at most 60 characters with its quotes; what is cut ends in `..."`. */
export const quote = (text: string): string => {
  let shown = "";
  let kept = "";
  for (let at = 0; at < text.length; at += 1) {
    shown += escaped(text.charAt(at));
    if (shown.length > longest - 2) return `"${kept}..."`;
    if (shown.length <= longest - 5) kept = shown;
  }
  return `"${shown}"`;
};

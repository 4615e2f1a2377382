const SHOWN = 200;

/** The start of some bytes as a string literal of C, `...` after it if there are more. */
export function quoted(bytes: Uint8Array, most = SHOWN): string {
  let text = "";
  for (const byte of bytes.subarray(0, most)) {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") text += `\\${character}`;
    else if (character === "\n") text += "\\n";
    else if (byte < 0x20 || byte > 0x7e) text += `\\x${byte.toString(16).padStart(2, "0")}`;
    else text += character;
  }
  return bytes.length > most ? `"${text}"...` : `"${text}"`;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

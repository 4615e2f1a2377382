// FNV-1a, 64 bits.
export const FNV_OFFSET: u64 = 0xcbf29ce484222325;
export const FNV_PRIME: u64 = 0x100000001b3;

/** The hash of the UTF-16 units of a text; of its bytes, where it is ASCII. */
export function fnv1a(text: string): u64 {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) hash = (hash ^ text.charCodeAt(i)) * FNV_PRIME;
  return hash;
}

import { FNV_OFFSET, FNV_PRIME, fnv1a } from "../../net/hash";
import { formatIp, isIpv4 } from "../../net/ip";
import { DirectoryReader } from "../../sys/directory";

/**
 * The names in a directory, as a set of hashes: which addresses are taken, by one listing. Of two
 * names with one hash the second would be passed over, never handed out twice.
 */
export class TakenSet {
  private hashes: Set<u64> = new Set<u64>();

  /** Returns 0 or -errno. */
  load(directory: string): i32 {
    const files = new DirectoryReader(directory);
    while (files.next()) {
      let hash = FNV_OFFSET;
      for (let i = 0; i < files.nameLength; i++) {
        hash = (hash ^ load<u8>(files.nameStart + i)) * FNV_PRIME;
      }
      this.hashes.add(hash);
    }
    files.close();
    return -files.errno;
  }

  has(ip: Uint8Array): bool {
    return this.hashes.has(isIpv4(ip) ? hashIpv4(ip) : fnv1a(formatIp(ip)));
  }
}

/** The hash of the text of an IPv4 address, without making the text. */
function hashIpv4(ip: Uint8Array): u64 {
  let hash = FNV_OFFSET;
  for (let i = 0; i < 4; i++) {
    const octet: i32 = ip[i];
    if (i > 0) hash = (hash ^ 0x2e) * FNV_PRIME;
    if (octet >= 100) hash = (hash ^ (0x30 + octet / 100)) * FNV_PRIME;
    if (octet >= 10) hash = (hash ^ (0x30 + ((octet / 10) % 10))) * FNV_PRIME;
    hash = (hash ^ (0x30 + (octet % 10))) * FNV_PRIME;
  }
  return hash;
}

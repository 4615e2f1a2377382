import { formatIp, parseIp } from "../../net/ip";
import { DirectoryReader } from "../../sys/directory";
import { LeaseFile } from "./lease-file";

/** NAME_MAX of linux/limits.h, bytes. */
const NAME_MAX: i32 = 255;

/** Opens the files of a network's directory, one after the other. */
export class LeaseScan {
  readonly file: LeaseFile = new LeaseFile();
  private names: DirectoryReader;
  private path: Uint8Array;
  private prefix: i32;
  private unread: i32 = 0;

  constructor(directory: string) {
    this.names = new DirectoryReader(directory);
    const prefix = Uint8Array.wrap(String.UTF8.encode(directory + "/"));
    this.prefix = prefix.length;
    this.path = new Uint8Array(prefix.length + NAME_MAX);
    this.path.set<Uint8Array>(prefix);
  }

  /** 0, or the positive error number for which not all leases could be read. */
  get errno(): i32 {
    return this.names.errno != 0 ? this.names.errno : this.unread;
  }

  /** Goes to the next file whose name begins like an address, and reads it. */
  next(): bool {
    while (this.names.next()) {
      if (!isLikeAddress(load<u8>(this.names.nameStart))) continue;
      const length = min(this.names.nameLength, NAME_MAX);
      memory.copy(this.path.dataStart + this.prefix, this.names.nameStart, length);
      this.file.read(this.path.dataStart, this.prefix + length);
      if (this.file.errno != 0) this.unread = this.file.errno;
      return true;
    }
    this.names.close();
    return false;
  }

  /** The address that the file reserves; null for another spelling, which reserves nothing. */
  get ip(): Uint8Array | null {
    const name = this.names.name;
    const ip = parseIp(name);
    return ip && formatIp(ip) == name ? ip : null;
  }
}

/** A digit, a to f, or a colon; not `lock`, `last_reserved_ip.0`, or a hidden file. */
function isLikeAddress(byte: u8): bool {
  return (byte >= 0x30 && byte <= 0x3a) || (byte >= 0x61 && byte <= 0x66);
}

import { AttachmentReader, findAttachments, VALID_ATTACHMENTS } from "../../cni/attachments";
import { CniError, IO_FAILURE, systemError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { fnv1a } from "../../net/hash";
import { formatIp } from "../../net/ip";
import { log } from "../../sys/io";
import { HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { LeaseScan } from "./lease-scan";
import { NO_LEASE, Store } from "./store";

/**
 * Frees every lease of the network whose attachment is not in the list.
 *
 * Only a list says which attachments are valid: where the key is absent or null the runtime has not
 * said anything, and nothing is freed. An empty list says that there are none.
 */
export function collectLeases(conf: NetConf): CniError | null {
  const own = new HostLocalConf();
  let error = own.loadDirectory(conf);
  if (error) return error;
  const list = findAttachments(conf.fields);
  if (!list) {
    log(`GC of "${conf.name}": there is no ${VALID_ATTACHMENTS}, so nothing is freed`);
    return null;
  }
  const valid = new Attachments();
  error = valid.read(list);
  const store = new Store(own.directory);
  if (error || !store.exists) return error;
  error = store.open();
  if (error) return error;
  error = sweep(store, valid);
  store.close();
  return error;
}

function sweep(store: Store, valid: Attachments): CniError | null {
  let first: CniError | null = null;
  const wasComplete = store.index.isComplete;
  const scan = new LeaseScan(store.directory);
  while (scan.next()) {
    const ip = scan.ip;
    if (!ip) continue;
    const owner = Owner.parse(scan.file.content);
    if (!owner) {
      log(`${store.directory}/${formatIp(ip)} ${NO_LEASE}`);
    } else if (!valid.has(owner)) {
      const error = store.remove(ip);
      if (!first) first = error;
      store.index.remove(owner);
    }
  }
  if (!first && scan.errno != 0) {
    first = systemError(IO_FAILURE, `host-local: cannot read "${store.directory}"`, scan.errno);
  }
  if (wasComplete) store.index.markComplete();
  return first;
}

/** The attachments that are valid, as hashes. */
class Attachments extends AttachmentReader {
  private hashes: Set<u64> = new Set<u64>();

  take(containerId: string, ifname: string): void {
    const owner = new Owner(containerId, ifname);
    this.hashes.add(fnv1a(owner.toString()));
    this.hashes.add(fnv1a(owner.legacy.toString()));
  }

  has(owner: Owner): bool {
    return this.hashes.has(fnv1a(owner.toString()));
  }
}

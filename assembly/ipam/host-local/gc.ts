import { CniError, DECODING_FAILURE, IO_FAILURE, systemError } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { Fields, Problem } from "../../json/fields";
import { JsonCursor, JsonKind, JsonValue } from "../../json/value";
import { fnv1a } from "../../net/hash";
import { formatIp } from "../../net/ip";
import { log } from "../../sys/io";
import { HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { LeaseScan } from "./lease-scan";
import { NO_LEASE, Store } from "./store";

/** The key of the specification, and the one that runtimes used before it. */
const KEYS: string[] = ["cni.dev/valid-attachments", "cni.dev/attachments"];

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
  const list = findList(conf.fields);
  if (!list) {
    log(`GC of "${conf.name}": there is no ${KEYS[0]}, so nothing is freed`);
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

function findList(fields: Fields): JsonValue | null {
  const root = fields.value;
  if (!root) return null;
  const list = root.get(KEYS[0]);
  return list ? list : root.get(KEYS[1]);
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

/** The attachments that a runtime says are valid, as hashes: there may be a hundred thousand. */
class Attachments {
  private hashes: Set<u64> = new Set<u64>();

  read(list: JsonValue): CniError | null {
    if (list.kind != JsonKind.ARRAY) return invalid(`must be an array, not ${list.kindName}`);
    const cursor = new JsonCursor(list);
    for (let i = 0; cursor.next(); i++) {
      const problem = new Problem();
      const fields = new Fields(cursor.value, `${KEYS[0]}[${i.toString()}]`, problem);
      const owner = new Owner(fields.text("containerID"), fields.text("ifname"));
      if (!problem.isEmpty) return new CniError(DECODING_FAILURE, problem.message);
      if (owner.containerId.length == 0 || owner.ifname.length == 0) {
        return invalid(`[${i.toString()}] lacks containerID or ifname`);
      }
      this.hashes.add(fnv1a(owner.toString()));
      this.hashes.add(fnv1a(owner.legacy.toString()));
    }
    return null;
  }

  has(owner: Owner): bool {
    return this.hashes.has(fnv1a(owner.toString()));
  }
}

/** A list that is not understood must not free anything. */
function invalid(what: string): CniError {
  return new CniError(DECODING_FAILURE, `network configuration: key "${KEYS[0]}" ${what}`);
}

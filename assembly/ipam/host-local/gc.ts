import { CniError } from "../../cni/error";
import { NetConf, problemError } from "../../cni/netconf";
import { Fields, Problem } from "../../json/fields";
import { JsonCursor, JsonKind, JsonValue } from "../../json/value";
import { fnv1a } from "../../net/hash";
import { parseIp } from "../../net/ip";
import { log } from "../../sys/io";
import { statPath } from "../../sys/stat";
import { HostLocalConf } from "./conf";
import { Owner } from "./lease";
import { LeaseScan } from "./lease-scan";
import { Store } from "./store";

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
  if (!list || list.kind != JsonKind.ARRAY) {
    log(`GC of "${conf.name}": ${KEYS[0]} is no list, so nothing is freed`);
    return null;
  }
  const valid = new Attachments();
  error = valid.read(list);
  if (error || statPath(own.directory).errno != 0) return error;
  const store = new Store(own.directory);
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
    const ip = parseIp(scan.name);
    if (!ip) continue;
    const content = scan.content;
    const owner = Owner.parse(content);
    if (!owner) {
      log(`${store.directory}/${scan.name} is no lease and stays: it holds "${content}"`);
    } else if (!valid.has(owner)) {
      const error = store.remove(ip);
      if (!first) first = error;
      store.index.remove(owner);
    }
  }
  if (wasComplete) store.index.markComplete();
  return first;
}

/** The attachments that a runtime says are valid, as hashes: there may be a hundred thousand. */
class Attachments {
  private hashes: Set<u64> = new Set<u64>();

  read(list: JsonValue): CniError | null {
    const cursor = new JsonCursor(list);
    while (cursor.next()) {
      const fields = new Fields(cursor.value, KEYS[0], new Problem());
      const owner = new Owner(fields.text("containerID"), fields.text("ifname"));
      const error = problemError("network configuration: ", fields.problem);
      if (error) return error;
      this.hashes.add(fnv1a(owner.toString()));
      // Leases of before there were several interfaces to a container name the container alone.
      this.hashes.add(fnv1a(owner.containerId));
    }
    return null;
  }

  has(owner: Owner): bool {
    return this.hashes.has(fnv1a(owner.toString()));
  }
}

import { AttachmentReader, findAttachments } from "../../cni/attachments";
import { CmdArgs } from "../../cni/cmdargs";
import { CniError, HOST_ACCESS_FAILED, systemError, TRY_AGAIN_LATER } from "../../cni/error";
import { NetConf } from "../../cni/netconf";
import { ENAMETOOLONG, ENOENT } from "../../linux/errno";
import { fnv1a } from "../../net/hash";
import { DirectoryReader } from "../../sys/directory";
import { Session } from "../session";
import { HostAccess } from "./access";
import { Record, recordDirectory, recordName } from "./record";

/**
 * What DEL does, whatever the configuration says by now: one look, where the attachment has no way
 * to the host.
 */
export function closeHostAccess(
  args: CmdArgs,
  conf: NetConf,
  session: Session,
  isSynchronous: bool,
): CniError | null {
  const name = recordName(args.containerId, args.ifname);
  if (new Record(conf.name, name).read() == ENOENT) return null;
  const error = session.openHost();
  return error ? error : new HostAccess(session.host, conf.name, name).close(isSynchronous);
}

/** What GC does: closes the ways of the network's attachments that are not in the list. */
export function collectHostAccess(conf: NetConf, session: Session): CniError | null {
  const list = findAttachments(conf.fields);
  if (!list) return null;
  const valid = new RecordNames();
  let first = valid.read(list);
  if (first) return first;
  const names: string[] = [];
  const directory = new DirectoryReader(recordDirectory(conf.name));
  while (directory.next()) if (!valid.has(directory.name)) names.push(directory.name);
  directory.close();
  const errno = directory.errno;
  if (errno != 0 && errno != ENOENT && errno != ENAMETOOLONG) {
    const what = `cannot read "${recordDirectory(conf.name)}"`;
    first = systemError(HOST_ACCESS_FAILED, what, errno);
  }
  if (names.length > 0 && !first) first = session.openHost();
  for (let i = 0; i < names.length; i++) {
    const error = new HostAccess(session.host, conf.name, names[i]).close(true);
    if (!first) first = error;
    // It would be waited for once more for each of them.
    if (error && error.code == TRY_AGAIN_LATER) break;
  }
  return first;
}

/** The records of the attachments that are valid, as hashes of their names. */
class RecordNames extends AttachmentReader {
  private hashes: Set<u64> = new Set<u64>();

  take(containerId: string, ifname: string): void {
    this.hashes.add(fnv1a(recordName(containerId, ifname)));
  }

  has(name: string): bool {
    return this.hashes.has(fnv1a(name));
  }
}

import {
  CniError,
  DELETE_FAILED,
  INTERFACE_EXISTS,
  LINK_REFUSED,
  SYSTEM_FAILURE,
} from "../cni/error";
import { see } from "../cni/troubleshooting";
import { netlinkError } from "../ipam/failure";
import { EEXIST, ENODEV } from "../linux/errno";
import { fnv1a } from "../net/hash";
import { Link, MACVLAN, MacvlanSpec, newMacvlan, renameLink } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { findLinkByName, LinkReply } from "../rtnetlink/query";
import { removeLink } from "../rtnetlink/removal";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Inquiry } from "./inquiry";

/** Creates the macvlan of one container and finds it again. */
export class MacvlanLink {
  /** The interface as it was created. */
  link: Link = new Link();
  /** True once a link may be there that a failing ADD has to remove. */
  mayExist: bool = false;

  /**
   * @param container a socket in the container's namespace.
   * @param ifname the interface's name.
   * @param containerId of the container, for the temporary name.
   */
  constructor(
    private container: RtnlSocket,
    private ifname: string,
    private containerId: string,
  ) {}

  /**
   * Creates it in the container's namespace under its final name, down.
   *
   * @param inquiry about its master.
   */
  create(spec: MacvlanSpec, inquiry: Inquiry): CniError | null {
    spec.name = this.ifname;
    const socket = inquiry.socket;
    let failure = this.request(socket, spec);
    let isTemporary = false;
    if (failure && failure.errno == EEXIST) {
      const taken = findLinkByName(this.container, this.ifname);
      if (!taken.isMissing) return this.exists(taken.link);
      // Kernels before 6.15 look for the name in the namespace of the socket, not of the link.
      isTemporary = true;
      spec.name = this.temporaryName;
      failure = this.request(socket, spec);
    }
    if (failure) return inquiry.ofCreation(this.ifname, spec, failure);
    const reply = findLinkByName(this.container, spec.name);
    const link = reply.link;
    if (!link) return lookupError(spec.name, reply);
    this.link = link;
    return isTemporary ? this.rename() : null;
  }

  /**
   * Removes it, if it is there and a macvlan; what else has the name is not ours.
   *
   * @param isSynchronous as in `removeLink`.
   */
  remove(isSynchronous: bool): CniError | null {
    const reply = findLinkByName(this.container, this.ifname);
    if (!reply.isMissing) return this.removeFound(reply, isSynchronous);
    // An ADD that was killed between creating and renaming has left the temporary name.
    const temporary = findLinkByName(this.container, this.temporaryName);
    return temporary.isMissing ? null : this.removeFound(temporary, isSynchronous);
  }

  private removeFound(reply: LinkReply, isSynchronous: bool): CniError | null {
    const link = reply.link;
    if (!link) return lookupError(this.ifname, reply);
    if (link.kind != MACVLAN) {
      log(`"${link.name}" is not a macvlan but "${link.kind}": it stays`);
      return null;
    }
    const failure = removeLink(this.container, link.index, isSynchronous);
    if (!failure || failure.errno == ENODEV) return null;
    return netlinkError(DELETE_FAILED, `delete interface "${link.name}"`, failure);
  }

  /** One name for each attachment, so that DEL finds what an ADD that was killed has left. */
  private get temporaryName(): string {
    const hash = fnv1a(`${this.containerId}/${this.ifname}`);
    return "mv" + (hash >> 16).toString(16).padStart(12, "0");
  }

  private request(socket: RtnlSocket, spec: MacvlanSpec): NetlinkError | null {
    const request = new MessageWriter();
    newMacvlan(request, spec);
    const failure = socket.execute(request);
    if (!failure || !failure.isRefusal) this.mayExist = true;
    return failure;
  }

  private rename(): CniError | null {
    const request = new MessageWriter();
    renameLink(request, this.link.index, this.ifname);
    const failure = this.container.execute(request);
    const what = `rename macvlan "${this.link.name}" to "${this.ifname}"`;
    if (failure) return netlinkError(LINK_REFUSED, what, failure);
    this.link.name = this.ifname;
    return null;
  }

  private exists(taken: Link | null): CniError {
    const what = taken ? `${describe(taken, this.ifname)}: ` : "";
    return new CniError(
      INTERFACE_EXISTS,
      `interface "${this.ifname}" already exists in the container`,
      see(`${what}choose another CNI_IFNAME, or DEL what is there`, "name-is-taken"),
    );
  }
}

function lookupError(name: string, reply: LinkReply): CniError {
  const failure = reply.error;
  const what = `look up interface "${name}" in the container`;
  return failure ? netlinkError(SYSTEM_FAILURE, what, failure) : new CniError(SYSTEM_FAILURE, what);
}

/** What has the name: `a veth`, or `another name of "net0"`. */
function describe(link: Link, name: string): string {
  if (link.name != name) return `it is another name of "${link.name}"`;
  return link.kind.length > 0 ? `it is of type ${link.kind}` : "it is a network card";
}

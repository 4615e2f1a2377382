import { ENODEV } from "../linux/errno";
import { RTM_NEWADDR, RTM_NEWLINK } from "../linux/rtnetlink";
import { Address, dumpAddresses, readAddress } from "./address";
import { dumpLinks, getLinkByIndex, getLinkByName, Link, readLink } from "./link";
import { MessageReader, MessageWriter } from "./message";
import { NetlinkError, RtnlSocket, Visitor } from "./socket";

/** What a question brought: the link, or why there is none. */
export class LinkReply {
  constructor(
    public link: Link | null,
    public error: NetlinkError | null,
  ) {}

  get isMissing(): bool {
    const error = this.error;
    return error != null && error.errno == ENODEV;
  }
}

/** Looks a link up by name or alternative name. */
export function findLinkByName(socket: RtnlSocket, name: string): LinkReply {
  const request = new MessageWriter();
  getLinkByName(request, name);
  return askForLink(socket, request);
}

export function findLinkByIndex(socket: RtnlSocket, index: i32): LinkReply {
  const request = new MessageWriter();
  getLinkByIndex(request, index);
  return askForLink(socket, request);
}

function askForLink(socket: RtnlSocket, request: MessageWriter): LinkReply {
  const visitor = new LinkVisitor();
  let error = socket.ask(request, visitor);
  if (!error && !visitor.link) error = new NetlinkError(ENODEV, 0);
  return new LinkReply(error ? null : visitor.link, error);
}

class LinkVisitor extends Visitor {
  link: Link | null = null;

  visit(message: MessageReader): void {
    if (message.type == RTM_NEWLINK) this.link = readLink(message);
  }
}

/** All interfaces of a namespace. */
export class LinkList extends Visitor {
  links: Link[] = [];

  load(socket: RtnlSocket): NetlinkError | null {
    const request = new MessageWriter();
    dumpLinks(request);
    return socket.dump(request, this);
  }

  reset(): void {
    this.links = [];
  }

  visit(message: MessageReader): void {
    if (message.type == RTM_NEWLINK) this.links.push(readLink(message));
  }
}

/** The addresses of one interface, or of all. */
export class AddressList extends Visitor {
  addresses: Address[] = [];

  /** @param index of the interface; 0 for all. */
  constructor(private index: i32) {
    super();
  }

  /** Asks the kernel; `family` as for `dumpAddresses`. */
  load(socket: RtnlSocket, family: i32): NetlinkError | null {
    const request = new MessageWriter();
    dumpAddresses(request, family, this.index);
    return socket.dump(request, this);
  }

  reset(): void {
    this.addresses = [];
  }

  visit(message: MessageReader): void {
    if (message.type != RTM_NEWADDR) return;
    const address = readAddress(message);
    const isWanted = this.index == 0 || address.index == this.index;
    if (isWanted && address.cidr.ip.length > 0) this.addresses.push(address);
  }
}

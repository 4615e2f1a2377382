import {
  IFLA_MACVLAN_BC_CUTOFF,
  IFLA_MACVLAN_BC_QUEUE_LEN,
  IFLA_MACVLAN_BC_QUEUE_LEN_USED,
  IFLA_MACVLAN_FLAGS,
  IFLA_MACVLAN_MACADDR,
  IFLA_MACVLAN_MACADDR_DATA,
  IFLA_MACVLAN_MACADDR_MODE,
  IFLA_MACVLAN_MODE,
  MACVLAN_MACADDR_SET,
} from "../linux/if_link";
import { AttrReader, AttrWriter } from "./attr";

/** What a macvlan is besides an interface (IFLA_INFO_DATA): as asked for, or as it is. */
export class MacvlanData {
  /** MACVLAN_MODE_*. */
  mode: u32 = 0;
  /** MACVLAN_FLAG_*. */
  flags: i32 = 0;
  /** In mode source: the MAC addresses from which frames are taken. */
  sources: Uint8Array[] = [];
  /** Packets; 0 for the kernel's default. */
  bcQueueLen: u32 = 0;
  /** The largest that a macvlan of the master asks for; 0 before Linux 5.11. Not to be written. */
  bcQueueLenUsed: u32 = 0;
  /** The master's broadcast cutoff. The kernel does not mention its default, which is 1. */
  bcCutoff: i32 = 1;
  hasBcCutoff: bool = false;
}

/** Writes what is inside IFLA_INFO_DATA of a new macvlan. */
export function writeMacvlanData(writer: AttrWriter, data: MacvlanData): void {
  writer.u32(IFLA_MACVLAN_MODE, data.mode);
  if (data.flags != 0) writer.u16(IFLA_MACVLAN_FLAGS, data.flags);
  if (data.sources.length > 0) {
    writer.u32(IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET);
    const list = writer.nestStart(IFLA_MACVLAN_MACADDR_DATA);
    for (let i = 0; i < data.sources.length; i++) {
      writer.bytes(IFLA_MACVLAN_MACADDR, data.sources[i]);
    }
    writer.nestEnd(list);
  }
  if (data.bcQueueLen > 0) writer.u32(IFLA_MACVLAN_BC_QUEUE_LEN, data.bcQueueLen);
  if (data.hasBcCutoff) writer.u32(IFLA_MACVLAN_BC_CUTOFF, <u32>data.bcCutoff);
}

/** Reads what is inside IFLA_INFO_DATA of a macvlan. */
export function readMacvlanData(attributes: AttrReader, data: MacvlanData): void {
  while (attributes.next()) {
    switch (attributes.type) {
      case IFLA_MACVLAN_MODE:
        data.mode = attributes.u32;
        break;
      case IFLA_MACVLAN_FLAGS:
        data.flags = attributes.u16;
        break;
      case IFLA_MACVLAN_MACADDR_DATA:
        readSources(attributes.nested, data);
        break;
      case IFLA_MACVLAN_BC_QUEUE_LEN:
        data.bcQueueLen = attributes.u32;
        break;
      case IFLA_MACVLAN_BC_QUEUE_LEN_USED:
        data.bcQueueLenUsed = attributes.u32;
        break;
      case IFLA_MACVLAN_BC_CUTOFF:
        data.bcCutoff = <i32>attributes.u32;
        data.hasBcCutoff = true;
        break;
    }
  }
}

function readSources(attributes: AttrReader, data: MacvlanData): void {
  while (attributes.next()) {
    if (attributes.type == IFLA_MACVLAN_MACADDR) data.sources.push(attributes.bytes);
  }
}

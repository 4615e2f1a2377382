import { Fields, Problem } from "../json/fields";
import { JsonCursor, JsonKind, JsonValue } from "../json/value";
import { CniError, DECODING_FAILURE } from "./error";

/** The key of the specification, and the one that runtimes used before it. */
export const VALID_ATTACHMENTS: string = "cni.dev/valid-attachments";
const BEFORE: string = "cni.dev/attachments";

/** The list of the attachments that are valid, for GC; null where the runtime gives none. */
export function findAttachments(conf: Fields): JsonValue | null {
  const root = conf.value;
  if (!root) return null;
  const list = root.get(VALID_ATTACHMENTS);
  return list ? list : root.get(BEFORE);
}

/** Takes the attachments that are valid; there may be a hundred thousand. */
export abstract class AttachmentReader {
  abstract take(containerId: string, ifname: string): void;

  /** Reads the whole list. One that is not understood must not free anything. */
  read(list: JsonValue): CniError | null {
    if (list.kind != JsonKind.ARRAY) return invalid(`must be an array, not ${list.kindName}`);
    const cursor = new JsonCursor(list);
    for (let i = 0; cursor.next(); i++) {
      const problem = new Problem();
      const path = `${VALID_ATTACHMENTS}[${i.toString()}]`;
      const fields = new Fields(cursor.value, path, problem);
      const containerId = fields.text("containerID");
      const ifname = fields.text("ifname");
      if (!problem.isEmpty) return new CniError(DECODING_FAILURE, problem.message);
      if (containerId.length == 0 || ifname.length == 0) {
        return invalid(`[${i.toString()}] lacks containerID or ifname`);
      }
      this.take(containerId, ifname);
    }
    return null;
  }
}

function invalid(what: string): CniError {
  return new CniError(
    DECODING_FAILURE,
    `network configuration: key "${VALID_ATTACHMENTS}" ${what}`,
  );
}

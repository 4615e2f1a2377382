import { AF_INET, AF_INET6 } from "../../assembly/linux/socket.ts";

/** A message in words, and how many of its attributes are not in them. */
export interface Words {
  readonly text: string;
  readonly unknown: number;
}

/** A word, or a key with its value; what has no value is left out. */
type Word = string | readonly [key: string, value: string | number | undefined];

export function words(list: readonly Word[]): string {
  return list
    .map((word) => (typeof word === "string" ? word : pair(word)))
    .filter((word) => word !== "")
    .join(" ");
}

function pair([key, value]: readonly [string, string | number | undefined]): string {
  return value === undefined || value === "" ? "" : `${key} ${value}`;
}

/** What goes behind `ip` for an address family: ` -4`, ` -6`, or nothing. */
export function familyOf(family: number): string {
  return family === AF_INET ? " -4" : family === AF_INET6 ? " -6" : "";
}

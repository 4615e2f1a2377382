import "./abort";
import { parseJson } from "./json/value";
import { JsonWriter } from "./json/writer";
import { Fields, Problem } from "./json/fields";
import { readAll, writeText, STDIN, STDOUT } from "./sys/io";
import { parseCidr } from "./net/cidr";
import { parseMac, formatMac } from "./net/mac";
export function run(): i32 {
  const r = readAll(STDIN, 1 << 24);
  const d = parseJson(r.bytes);
  if (d.problem.length) { writeText(STDOUT, d.problem); return 1; }
  const p = new Problem();
  const f = new Fields(d.root, "", p);
  const w = new JsonWriter(true);
  w.openObject(); w.key("name"); w.text(f.text("name")); w.key("n"); w.integer(f.integer("n", 0, 100));
  w.key("mac"); const m = parseMac(f.text("mac")); w.text(m ? formatMac(m) : "bad");
  w.key("cidr"); const c = parseCidr(f.text("cidr")); w.text(c ? c.toString() : "bad");
  w.closeObject();
  writeText(STDOUT, w.toString() + "\n" + p.message + "\n");
  return 0;
}

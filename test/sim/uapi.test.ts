import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as uapi from "../../host/sim/uapi.ts";

const folder = fileURLToPath(new URL("../../assembly/linux/", import.meta.url));

test("the simulated kernel and the core have the same numbers", async () => {
  const own: Record<string, unknown> = uapi;
  const compared: string[] = [];
  for (const file of readdirSync(folder)) {
    const numbers = (await import(`${folder}${file}`)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(numbers)) {
      if (!(name in own)) continue;
      compared.push(name);
      expect(own[name], `${name} of ${file}`).toBe(value);
    }
  }
  expect(compared).toContain("IFLA_MACVLAN_MODE");
  expect(compared.length).toBeGreaterThan(80);
});

import { describe, expect, it } from "vitest";
import { FakeIpam, on } from "./ipam.ts";
import { failure, ownFailure, silent } from "./outcome.ts";
import { type Config, master, useSite } from "./site.ts";

const site = useSite();

/** STATUS as a runtime asks: with no container. */
function status(keys: Config = {}, path?: string) {
  const config = site.config(keys);
  return site.lab.cni({ command: "STATUS", config, ...(path === undefined ? {} : { path }) });
}

describe("STATUS succeeds", () => {
  it("where the master is there and up", () => silent(status()));
  it("with an IPAM in the program itself", () =>
    silent(status({ ipam: { type: "static", addresses: [{ address: "10.1.0.2/24" }] } })));
  it("with libcni's empty variables", () => {
    const empty = { containerId: "", netns: "", ifname: "", args: "" };
    silent(site.lab.cni({ command: "STATUS", config: site.config(), ...empty }));
  });
  it("where IPAM does, which is asked with the same input", () => {
    const fake = new FakeIpam(site);
    silent(status(fake.keys, fake.options.path));
    expect(fake.calls).toEqual(["STATUS"]);
    expect(JSON.parse(fake.input("STATUS").toString())).toEqual(site.config(fake.keys));
  });
  it("without a master, by the default route", () => {
    site.lab.ip("route", "add", "default", "dev", master);
    silent(status({ master: undefined }));
  });
  it("with a master that is in the containers", () => {
    silent(status({ master: "uplink", linkInContainer: true }));
  });
});

describe("STATUS says 50", () => {
  it("where the master is missing", () => {
    expect(ownFailure(status({ master: "gone" }), 50).msg).toContain('"gone"');
  });
  it("where the master is down", () => {
    site.lab.addMaster("lan6");
    site.lab.ip("link", "set", "lan6", "down");
    const { msg } = ownFailure(status({ master: "lan6" }), 50);
    expect(msg).toMatch(/lan6.*down/);
  });
  it("where the master is the loopback", () => {
    ownFailure(status({ master: "lo" }), 50);
  });
  it("where there is no default route to choose a master by", () => {
    expect(ownFailure(status({ master: undefined }), 50).msg).toContain("default route");
  });
  it("where no container could have the MTU", () => {
    expect(ownFailure(status({ mtu: 9000 }), 50).msg).toContain("9000");
  });
});

describe("STATUS refuses", () => {
  it("an unknown mode", () => void ownFailure(status({ mode: "none" }), 2, 50));
  it("an IPAM that is missing", () => {
    expect(ownFailure(status({ ipam: { type: "absent" } }), 50, 105).msg).toContain("absent");
  });
  it("a static IPAM that could give no address", () => {
    const addresses = [{ address: "10.1.0.2" }];
    expect(ownFailure(status({ ipam: { type: "static", addresses } }), 7, 50).msg).toContain(
      "10.1.0.2",
    );
  });
  it.each(["0.4.0", "1.0.0"])("version %s, which has no STATUS", (cniVersion) => {
    expect(ownFailure(status({ cniVersion }), 1).msg).toContain("STATUS");
  });
});

describe("an error of IPAM", () => {
  it.each([50, 51, 200])("is passed on with its code %i", (code) => {
    const error = { code, msg: "pool is empty", details: "10.1.0.0/24" };
    const says = on("STATUS", `printf '%s' '${JSON.stringify(error)}'; exit 1`);
    const fake = new FakeIpam(site, [says]);
    expect(failure(status(fake.keys, fake.options.path), code)).toMatchObject(error);
  });
});

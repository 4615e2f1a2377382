import { AT_EMPTY_PATH, O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } from "../../../assembly/linux/fcntl";
import { report } from "../report";
import * as tries from "./try";

const O_RDWR: i32 = 2;
const O_APPEND: i32 = 0o2000;
const AT_SYMLINK_NOFOLLOW: i32 = 0x100;

/**
 * Files of other people.
 *
 * @param when goes before the name of each try.
 * @param base has `secret`, a file, and the directory of leases `leases` with the networks `net1`,
 *   which is ours, and `other`.
 */
export function paths(when: string, base: string): void {
  const leases = `${base}/leases/net1`;
  reading(when, base, leases);
  writing(when, base, leases);
  processes(when, base);
  links(when, base, leases);
  looking(when, base, leases);
}

function reading(when: string, base: string, leases: string): void {
  const names = [
    `${base}/secret`,
    `${base}/leases`,
    `${base}/leases/other`,
    `${base}/leases/other/10.0.0.9`,
    `${leases}/../other/10.0.0.9`,
    `${leases}/../../secret`,
    `${leases}/./../../secret`,
    `${leases}//../../secret`,
    `${leases}/..`,
    `${leases}/.`,
    `${leases}/`,
    `${base}/leases/.index/.net1/../../../secret`,
    `${base}/bin/host-local`,
    "/",
    ".",
    "..",
    "etc/passwd",
  ];
  for (let i = 0; i < names.length; i++) {
    report(`${when}read ${names[i].replace(base, "")}`, tries.open(names[i], O_RDONLY));
  }
}

function writing(when: string, base: string, leases: string): void {
  const names = [
    `${base}/secret`,
    `${base}/new`,
    `${base}/leases/new`,
    `${base}/leases/other/10.0.0.10`,
    `${leases}/../new`,
    `${base}/leases/.index/new`,
    `${base}/bin/new`,
  ];
  for (let i = 0; i < names.length; i++) {
    const fd = tries.open(names[i], O_WRONLY | O_CREAT | O_TRUNC, 0o600);
    report(`${when}write ${names[i].replace(base, "")}`, fd);
  }
  const making = O_WRONLY | O_CREAT;
  report(`${when}create a set-user-ID file`, tries.open(`${leases}/a`, making, 0o4755));
  report(`${when}create a set-group-ID file`, tries.open(`${leases}/b`, making, 0o2755));
  report(`${when}create a file for all to write`, tries.open(`${leases}/c`, making, 0o666));
  report(`${when}read and write a lease`, tries.open(`${leases}/10.0.0.2`, O_RDWR));
  report(`${when}append to a lease`, tries.open(`${leases}/10.0.0.2`, O_WRONLY | O_APPEND));
  report(`${when}mkdir`, tries.mkdir(`${base}/directory`, 0o755));
  report(`${when}mkdir for another network`, tries.mkdir(`${base}/leases/third`, 0o755));
  report(`${when}mkdir below the leases`, tries.mkdir(`${leases}/d`, 0o755));
  report(`${when}mkdir for all to write`, tries.mkdir(`${base}/leases/.index`, 0o1777));
  report(`${when}unlink`, tries.unlink(`${base}/victim`));
  report(`${when}unlink of another network`, tries.unlink(`${base}/leases/other/10.0.0.9`));
  report(`${when}unlink through ..`, tries.unlink(`${leases}/../../victim2`));
}

/** Second names for anything, and memory. */
function processes(when: string, base: string): void {
  const names = [
    "/proc/self/fd/0",
    "/proc/self/fd/1",
    "/dev/stdin",
    "/proc/self/environ",
    "/proc/self/maps",
    "/proc/self/exe",
    `/proc/self/root${base}/secret`,
    `/proc/thread-self/root${base}/leases/net1/10.0.0.2`,
    "/proc/self/cwd",
    "/proc/self/ns/net",
    "/proc/thread-self/../thread-self/ns/net",
    "/proc/thread-self/ns/net/../mnt",
    "/proc/thread-self/ns/mnt",
    "/proc/thread-self/ns/user",
    "//proc/thread-self/ns/net",
    `${tries.variable("CNI_NETNS")}/../pod`,
    "/run/netns/other",
  ];
  for (let i = 0; i < names.length; i++) {
    report(`${when}open ${names[i].replace(base, "")}`, tries.open(names[i], O_RDONLY));
  }
  report(`${when}open /proc/self/mem to write`, tries.open("/proc/self/mem", O_RDWR));
}

function links(when: string, base: string, leases: string): void {
  const index = `${base}/leases/.index/net1`;
  report(`${when}link into the leases`, tries.link(`${base}/secret`, `${leases}/10.0.0.3`));
  report(`${when}link out of the leases`, tries.link(`${leases}/10.0.0.2`, `${base}/out`));
  report(`${when}symlink among the leases`, tries.symlink("10.0.0.2", `${leases}/10.0.0.4`));
  report(`${when}symlink to /`, tries.symlink("/", `${index}/root`));
  report(`${when}symlink out of the index`, tries.symlink("../../../secret", `${index}/up`));
  report(`${when}symlink to the directory above`, tries.symlink("..", `${index}/above`));
  report(`${when}symlink elsewhere`, tries.symlink("secret", `${base}/link`));
  report(`${when}readlink`, tries.readlink(`${base}/leading`));
  report(`${when}readlink of /proc/self/exe`, tries.readlink("/proc/self/exe"));
}

function looking(when: string, base: string, leases: string): void {
  report(`${when}statx`, tries.statx(`${base}/secret`));
  report(`${when}statx through ..`, tries.statx(`${leases}/../../secret`));
  report(`${when}statx of a sysctl`, tries.statx("/proc/sys/net/ipv6/conf/lo/disable_ipv6"));
  report(`${when}statx, by descriptor`, tries.statx("", 0, AT_EMPTY_PATH));
  const netns = tries.variable("CNI_NETNS");
  report(`${when}statx, links not followed`, tries.statx(netns, -100, AT_SYMLINK_NOFOLLOW));
}

#include "policy.h"

// The sysctls of an interface that are read and written: what goes before its name, and after.
static const struct {
  const char *before;
  const char *after;
} KEYS[] = {
    {"ipv4/conf/", "/arp_notify"},
    {"ipv6/conf/", "/disable_ipv6"},
    {"ipv6/conf/", "/keep_addr_on_down"},
    {"ipv6/conf/", "/ndisc_notify"},
    {"ipv6/conf/", "/router_solicitation_delay"},
    {"ipv6/neigh/", "/retrans_time_ms"},
};

// Those below ipv6/conf that the key `ipv6` of the configuration stands for.
static const char *const IPV6_KEYS[] = {
    "/accept_dad", "/accept_ra", "/addr_gen_mode", "/autoconf", "/optimistic_dad", "/stable_secret",
};

// The folders with one for each interface in them, and how the configuration names what is there.
static const struct {
  const char *folder;
  const char *key;
} TREES[] = {
    {"ipv4/conf/", "net.ipv4.conf.IFNAME."},
    {"ipv6/conf/", "net.ipv6.conf.IFNAME."},
    {"ipv4/neigh/", "net.ipv4.neigh.IFNAME."},
    {"ipv6/neigh/", "net.ipv6.neigh.IFNAME."},
};

// Small letters, digits and underscores.
static bool is_sysctl_name(string_t name) {
  for (size_t i = 0; i < name.length; i++)
    if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", name.bytes[i])) return false;
  return name.length > 0 && name.length <= SYSCTL_MAX;
}

static bool is_sysctl(string_t key) {
  // IPv6 works on no interface where the loopback has none
  if (is_equal(key, string_of("ipv6/conf/lo/disable_ipv6"))) return true;
  string_t ifname = string_of(variable("CNI_IFNAME"));
  if (!is_name(ifname)) return false;
  for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
    string_t rest = key;
    if (take_start(&rest, string_of(KEYS[i].before)) && take_start(&rest, ifname) &&
        is_equal(rest, string_of(KEYS[i].after)))
      return true;
  }
  string_t ruled = key;
  if (configuration()->has_ipv6 && take_start(&ruled, string_of("ipv6/conf/")) &&
      take_start(&ruled, ifname))
    for (size_t i = 0; i < sizeof IPV6_KEYS / sizeof *IPV6_KEYS; i++)
      if (is_equal(ruled, string_of(IPV6_KEYS[i]))) return true;
  for (size_t i = 0; i < sizeof TREES / sizeof *TREES; i++) {
    string_t rest = key;
    if (take_start(&rest, string_of(TREES[i].folder)) && take_start(&rest, ifname) &&
        take_start(&rest, string_of("/")) && is_sysctl_name(rest))
      return sets_sysctl(configuration(), TREES[i].key, rest);
  }
  return false;
}

// A sysctl of one of the host's own macvlans, which begin with mvhost.
static bool is_shim_sysctl(string_t key) {
  static const struct {
    const char *before;
    const char *after;
  } SHIM_KEYS[] = {
      {"ipv4/conf/mvhost", "/arp_filter"},   {"ipv4/neigh/mvhost", "/mcast_solicit"},
      {"ipv6/conf/mvhost", "/accept_ra"},    {"ipv6/conf/mvhost", "/addr_gen_mode"},
      {"ipv6/conf/mvhost", "/disable_ipv6"},
  };
  for (size_t i = 0; i < sizeof SHIM_KEYS / sizeof *SHIM_KEYS; i++) {
    string_t rest = key;
    if (!take_start(&rest, string_of(SHIM_KEYS[i].before))) continue;
    size_t digits = 0;
    while (digits < rest.length && digits < 9 && strchr("0123456789", rest.bytes[digits]))
      digits++;
    rest = (string_t){rest.bytes + digits, rest.length - digits};
    if (digits > 0 && is_equal(rest, string_of(SHIM_KEYS[i].after))) return true;
  }
  return false;
}

static held_t sysctl_place(string_t key) {
  if (is_sysctl(key)) return SYSCTL;
  return opens_host() && is_shim_sysctl(key) ? SHIM_SYSCTL : NOTHING;
}

// Records are in /run/cni-macvlan/N, their lock beside it.
static held_t record_place(string_t path, const config_t *config) {
  if (!closes_host() || config->name.length == 0) return NOTHING;
  if (!take_start(&path, string_of("/run/cni-macvlan/"))) return NOTHING;
  if (is_equal(path, string_of(".lock"))) return RECORD_LOCK;
  if (!take_start(&path, config->name)) return NOTHING;
  if (path.length == 0) return RECORDS;
  return take_start(&path, string_of("/")) && is_name(path) ? RECORD : NOTHING;
}

// The leases are in D/N, their index is D/.index/N, its mark D/.index/.N. No N begins with a dot.
static held_t lease_place(string_t path, const config_t *config) {
  if (!config->has_leases) return NOTHING;
  if (!take_start(&path, config->data_dir) || !take_start(&path, string_of("/"))) return NOTHING;
  bool is_index = take_start(&path, string_of(".index/"));
  string_t mark = path;
  if (is_index && take_start(&mark, string_of(".")) && is_equal(mark, config->name)) return ENTRY;
  if (!take_start(&path, config->name)) return NOTHING;
  if (path.length == 0) return is_index ? INDEX : LEASES;
  if (!take_start(&path, string_of("/")) || !is_name(path)) return NOTHING;
  return is_index ? ENTRY : LEASE;
}

held_t place_of(const char *path) {
  const config_t *config = configuration();
  string_t rest = string_of(path);
  if (rest.length == 0) return NOTHING;
  if (strcmp(path, variable("CNI_NETNS")) == 0) return CONTAINER;
  if (strcmp(path, "/proc/thread-self/ns/net") == 0) return OWN;
  if (take_start(&rest, string_of("/proc/sys/net/"))) return sysctl_place(rest);
  if (is_equal(rest, config->resolv_conf)) return RESOLV_CONF;
  held_t place = record_place(rest, config);
  return place == NOTHING ? lease_place(rest, config) : place;
}

// Whether the parts together begin with `path` and go on with a slash.
static bool leads_to(string_t path, const string_t *parts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    string_t part = parts[i];
    if (path.length < part.length) return take_start(&part, path) && part.bytes[0] == '/';
    if (!take_start(&path, part)) return false;
  }
  return false;
}

bool is_above(const char *path) {
  const config_t *config = configuration();
  string_t rest = string_of(path);
  if (rest.length == 0) return false;
  string_t slash = string_of("/");
  string_t records[] = {string_of("/run/cni-macvlan/"), config->name, slash};
  if (config->name.length > 0 && opens_host() && leads_to(rest, records, 3)) return true;
  if (!config->has_leases) return false;
  string_t leases[] = {config->data_dir, slash, config->name, slash};
  string_t index[] = {config->data_dir, string_of("/.index/"), config->name, slash};
  return leads_to(rest, leases, 4) || leads_to(rest, index, 4);
}

bool is_ipam_program(const char *path) {
  string_t type = configuration()->type;
  if (!is_name(type)) return false;
  const char *directories = variable("CNI_PATH");
  for (size_t length; *directories; directories += length + (directories[length] == ':')) {
    length = strcspn(directories, ":");
    string_t rest = string_of(path);
    if (length > 0 && take_start(&rest, (string_t){directories, length}) &&
        take_start(&rest, string_of("/")) && is_equal(rest, type))
      return true;
  }
  return false;
}

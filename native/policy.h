// What the core may do to the world (docs/security.md, "The rules"): the same as in host/policy of
// the Node host. host.c asks before each system call.
//
// One process is one invocation of the plugin, so what is known of it is kept by the files.
#ifndef POLICY_H
#define POLICY_H

#include <errno.h>

#include "text.h"

// 0 in a host for the probes of the tests alone (Makefile), which do what no plugin has to.
#ifndef POLICY
#define POLICY 1
#endif

// What a path is to this invocation, and what the core holds open.
typedef enum {
  NOTHING,
  CONTAINER,   // CNI_NETNS
  OWN,         // the namespace of the thread
  SYSCTL,      // one of the interface, meant for the container's namespace
  RESOLV_CONF, // what the configuration names so
  LEASES,      // the directory of the network's leases
  LEASE,       // what is in it
  INDEX,       // the directory of their index
  ENTRY,       // what is in it, or its mark
  SHIM_SYSCTL, // one of the host's own macvlan, meant for the host's namespace
  RECORDS,     // the directory of what attachments have in the host's network
  RECORD,      // what is in it
  RECORD_LOCK, // the lock of all of them
  STREAM,      // from here on no paths: descriptors 0, 1 and 2
  HOST_SOCKET,
  CONTAINER_SOCKET,
  PACKET_SOCKET, // in the container's namespace
  LISTENER,      // the same, when it is bound to something that it hears
  RESULT, // of a send in the background
} held_t;

// policy.c: the rules

static inline int refusal_unless(bool is_allowed) {
  return POLICY && !is_allowed ? -EACCES : 0;
}

bool may_know(const char *variable);
bool may_open(held_t place, int flags, uint32_t mode);
bool may_stat(const char *path);
bool may_make_directory(const char *path, uint32_t mode);
bool may_unlink(const char *path);
bool may_link(const char *path, const char *second);
bool may_symlink(const char *text, const char *path);
bool may_spawn(const char *path, const char *command, const uint8_t *input, size_t length);
bool may_socket(int domain, int type, int protocol);
bool may_set_option(int level, int name);
bool may_bind(int fd, const uint8_t *address, size_t length);
// Notes that a socket has been bound.
void bound(int fd, const uint8_t *address);
bool may_receive(int fd, size_t length);
bool may_send(int fd, const uint8_t *bytes, size_t length);
// What a socket is that is opened now.
held_t socket_here(int domain);
// Notes that the thread has entered a namespace.
void enter_namespace(held_t namespace);

// descriptors.c: the descriptors that the core was given; any other number is none

// Notes the result of a call that opens something. Returns it, or -EMFILE.
int add_descriptor(int fd, held_t held);
void remove_descriptor(int fd);
held_t held_as(int fd);
bool is_netlink(int fd);
bool is_packet(int fd);
bool is_lockable(int fd);
// What goes through a socket is looked at: by calls of its own, not by these.
bool is_readable(int fd);
bool is_writable(int fd);
// 0 if the core was given the descriptor and the call on it is allowed, else -errno.
int descriptor_refusal(int fd, bool is_allowed);
// The same for structs pollfd (poll(2)); a negative number asks about nothing.
int pollfds_refusal(const uint8_t *pollfds, size_t count);

// paths.c: letter by letter, as the core has to write them; nothing is normalised or looked up

held_t place_of(const char *path);
// Whether a path is one of the directories that the core makes, or above one.
bool is_above(const char *path);
// Whether a path is that of the IPAM plugin in one of the directories of CNI_PATH.
bool is_ipam_program(const char *path);

// invocation.c: what the runtime has said

// What a configuration says that decides about paths.
typedef struct {
  string_t type;        // of the IPAM plugin
  string_t resolv_conf; // the file that it names so
  string_t data_dir;
  string_t name;     // of the network; empty where it is no name of a directory
  bool has_leases;   // else data_dir says nothing
  bool opens_host;   // the key hostAccess
  bool raises_master; // the key masterUp: a master that is down is set up
  bool has_ipv6; // the object of that name is there
  const uint8_t *sysctl; // the object of that name, or another value, or NULL; in the text itself
} config_t;

// `memory` is for twice: what is open while the text is read, and what it says after.
config_t read_config(const uint8_t *bytes, size_t length, bool is_host_local, uint8_t *memory);
// The configuration; it says nothing before standard input has come to its end.
const config_t *configuration(void);
// Whether the host may get an interface of its own on the master, and routes through it.
bool opens_host(void);
// Whether these may be taken away, which must work whatever the configuration says by now.
bool closes_host(void);
enum { SYSCTL_MAX = 64 };
// Whether `sysctl` has a key: `start`, then `name`, which has at most SYSCTL_MAX bytes.
bool sets_sysctl(const config_t *config, const char *start, string_t name);
// A variable of the environment; the empty string where it is not set.
const char *variable(const char *name);
// Makes room for so many bytes of standard input: 0 or -ENOMEM.
int reserve_input(size_t length);
// Notes what came of a read(2) of standard input: some bytes, or none at its end. 0 or -ENOMEM.
int take_input(const uint8_t *bytes, size_t length);
// Whether these are the bytes of standard input, which has come to its end.
bool is_input(const uint8_t *bytes, size_t length);

// The path by which the program was called, made absolute. Returns its length.
enum { PROGRAM_SIZE = 8192 };
size_t program_path(char path[PROGRAM_SIZE]);

// messages.c: what goes to the kernel by rtnetlink(7)

// `may_raise`: also that a link is set up.
bool may_tell_host(const uint8_t *bytes, size_t length, bool may_raise);
bool may_tell_container(const uint8_t *bytes, size_t length);

// frames.c: what a packet socket is bound to, receives and sends

// Whether a struct sockaddr_ll is one interface and what may be listened to there.
bool may_listen(const uint8_t *address, size_t length);
// Whether a socket that is bound so hears anything.
bool listens(const uint8_t *address);
// So much of a frame at once, that of what else is heard its beginning is all there is.
bool may_hear(size_t length);
// Whether a frame is one of those that an address is probed for and announced with.
bool is_frame_of_ours(const uint8_t *frame, size_t length);

// shim.c: what goes there about the host's own macvlans

// Whether one message is about one alone, and allowed.
bool is_about_shim(const uint8_t *bytes, size_t length);

#endif

// A kernel that answers netlink messages: with what the story says, else as a kernel does where all
// is well.
#ifndef NETLINK_H
#define NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include "input.h"

// Takes what was sent; the answers are kept for netlink_receive.
void netlink_send(const uint8_t *bytes, size_t length, span_t *story);

// One datagram: its length, or -EAGAIN where there is none.
int netlink_receive(uint8_t *buffer, size_t room);

void netlink_reset(void);

#endif

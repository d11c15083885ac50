/* Who sits there, as far as this process can know it. */
#ifndef OPS_ACTOR_H
#define OPS_ACTOR_H

#include "base/str.h"

/* Appends a canonical object: {"claimed":{…},"verified":{…}}. Verified is what the
 * kernel says of this process: uid, loginuid (PAM's, kept through su and sudo), tty,
 * pid. Claimed is what anybody could have set: SSH_CONNECTION, SUDO_USER, who the
 * pager believes it is (pager_user, may be NULL). */
void actor_add(struct str *out, const char *pager_user);

#endif

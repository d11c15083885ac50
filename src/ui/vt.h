/* A terminal inside of a pane: bytes go in, cells come out, and no byte of them reaches
 * the real one. libvterm, opened with the first. Main thread. */
#ifndef UI_VT_H
#define UI_VT_H

#include "base/err.h"
#include "base/untrusted.h"
#include "canvas.h"

struct vt;

/* NULL with a sentence: the library is not installed. */
struct vt *vt_new(int columns, int rows, struct err *err);
void vt_free(struct vt *vt);
void vt_feed(struct vt *vt, struct untrusted bytes);
void vt_resize(struct vt *vt, int columns, int rows);
/* From then on each line that leaves its top, and with vt_rest() those that are still on
 * it to the last that holds anything: printable characters, without blanks at the end. */
void vt_on_line(struct vt *vt, void (*line)(void *ctx, struct untrusted line), void *ctx);
void vt_rest(const struct vt *vt);
/* Its rows up to the last that holds anything, and its first columns, as many as fit. */
void vt_draw(const struct vt *vt, const struct canvas *c);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WARD_SANDBOX_H
#define WARD_SANDBOX_H

#include <stdint.h>
#include <sys/types.h>

/* What holds after ward_confine: a system-call filter, and Landlock where the kernel has it. */
#define WARD_CONFINED_FILTER 1
#define WARD_CONFINED_LANDLOCK 2

/* Starts the program with one end of a socket pair as its descriptor 3 and nothing else open but 0, 1 and 2, which are
 * /dev/null. Its environment has LD_LIBRARY_PATH alone, where this process has it. Returns 0 or an errno. */
int ward_spawn(const char *path, const char *const arguments[], int *socket_out, pid_t *pid_out);

/* Confines the whole calling process for the rest of its life: no files, no network, no new processes or threads; so many
 * more octets of memory than it has now, so many seconds of processor time. Returns the bits above, or -1 when the filter
 * could not be set. */
int ward_confine(uint64_t memory, uint64_t processor_seconds);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

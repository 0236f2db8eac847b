/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

/* sqlite3_db_config is variadic, which Swift cannot call. Returns SQLITE_OK when the connection is defensive now. */
static inline int ward_sqlite3_make_defensive(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (void *)0);
}

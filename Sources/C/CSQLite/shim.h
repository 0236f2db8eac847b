/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

/* sqlite3_db_config is variadic, which Swift cannot call. Returns SQLITE_OK when the connection is defensive now. */
static inline int ward_sqlite3_make_defensive(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (void *)0);
}

/* The planner does not look at the values of parameters. Where it does, binding another value makes it plan again: a
   statement over a table with an index of some rows only was planned at each call. Returns SQLITE_OK when it holds. */
static inline int ward_sqlite3_plan_once(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_QPSG, 1, (void *)0);
}

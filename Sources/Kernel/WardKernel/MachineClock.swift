// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The one place that reads the operating system's clock.
enum MachineClock {
    static func microsecondsSince1970() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

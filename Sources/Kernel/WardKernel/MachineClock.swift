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

/// The operating system's random source, in few calls however many bytes are asked for.
enum MachineRandomness {
    static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                // getentropy(3) gives at most 256 bytes at a time and fails only for more than that.
                let length = min(256, count - filled)
                guard let start = buffer.baseAddress, getentropy(start + filled, length) == 0 else {
                    preconditionFailure("The operating system gives no randomness: Ward cannot make keys.")
                }
                filled += length
            }
        }
    }
}

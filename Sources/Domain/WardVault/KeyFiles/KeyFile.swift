// SPDX-License-Identifier: Apache-2.0
//
// A key file is one line of ASCII text, 81 or 82 octets with its line feed:
//
//     ward-root-key-1 <64 lower-case hexadecimal digits>\n
//     ward-epoch-key-1 <64 lower-case hexadecimal digits>\n
//
// so that it can be printed and typed in again. Its mode lets only the owner read it, and the owner is the user who runs
// Ward (or root). A reader refuses anything else by name and never repairs silently. A new file is written under a
// temporary name, fsynced, linked to its name (which fails when the name is taken), and the directory is fsynced.

import Glibc
import WardCrypto
import WardKernel

/// Why a key file is refused. Names the file and what to do; never what is in it.
package enum KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case readableByOthers(path: String, mode: String)
    case ownedByAnother(path: String)
    case notAKeyFile(path: String, expectedSize: Int, foundSize: Int)
    case alreadyExists(path: String)
    case failed(path: String, operation: String, code: Int32)

    package var description: String {
        switch self {
        case .missing(let path):
            "key_file.missing: there is no key file at \(path). Restore it from the recovery copy, or run ward init."
        case .readableByOthers(let path, let mode):
            "key_file.readable_by_others: \(path) has mode \(mode); others than its owner may read it. "
                + "Run: chmod 600 \(path)"
        case .ownedByAnother(let path):
            "key_file.owned_by_another: \(path) belongs to another user than the one who runs Ward."
        case .notAKeyFile(let path, let expected, let found):
            "key_file.damaged: \(path) is not a key file: \(expected) octets of the form "
                + "'ward-…-key-1 <64 hexadecimal digits>' are expected, \(found) were found."
        case .alreadyExists(let path):
            "key_file.exists: \(path) exists already and is not overwritten: what it protects would be lost."
        case .failed(let path, let operation, let code):
            "key_file.failed: \(operation) \(path) failed (errno \(code))."
        }
    }
}

/// The two kinds of key files.
enum KeyFile: String {
    case root = "ward-root-key-1"
    case epoch = "ward-epoch-key-1"

    private var byteCount: Int { rawValue.utf8.count + 1 + 64 + 1 }

    /// Reads a key file after looking at its owner, mode, size and form.
    func read(_ path: String) throws(KeyFileError) -> KeyMaterial {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .missing(path: path) }
            throw .failed(path: path, operation: "opening", code: errno)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .failed(path: path, operation: "looking at", code: errno)
        }
        let mode = status.st_mode & 0o7777
        guard mode & 0o077 == 0 else {
            throw .readableByOthers(path: path, mode: "0" + String(mode, radix: 8))
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw .ownedByAnother(path: path) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .failed(path: path, operation: "reading", code: errno) }
        guard count == byteCount, Int(status.st_size) == byteCount, let key = parse(bytes.prefix(count)) else {
            throw .notAKeyFile(path: path, expectedSize: byteCount, foundSize: Int(status.st_size))
        }
        return key
    }

    /// Writes a new key file with mode 0600; throws `alreadyExists` rather than replacing one.
    func write(_ key: KeyMaterial, to path: String) throws(KeyFileError) {
        let text = Array("\(rawValue) \(Digest.hexadecimal(key.bytes))\n".utf8)
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed(path: temporary, operation: "creating", code: errno) }
        let written = Glibc.write(descriptor, text, text.count)
        let synced = fsync(descriptor)
        close(descriptor)
        guard written == text.count, synced == 0 else {
            throw .failed(path: temporary, operation: "writing", code: errno)
        }
        guard link(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            if code == EEXIST { throw .alreadyExists(path: path) }
            throw .failed(path: path, operation: "naming", code: code)
        }
        unlink(temporary)
        try Self.syncDirectory(of: path)
    }

    /// Gives a key file another name, which must be free.
    static func rename(_ path: String, to newPath: String) throws(KeyFileError) {
        guard link(path, newPath) == 0 else {
            let code = errno
            // Left by a run that died between the two steps below.
            guard code == EEXIST, isSameFile(path, newPath) else {
                if code == EEXIST { throw .alreadyExists(path: newPath) }
                throw .failed(path: newPath, operation: "naming", code: code)
            }
            try removeName(path)
            return
        }
        try removeName(path)
    }

    private static func removeName(_ path: String) throws(KeyFileError) {
        try syncDirectory(of: path)
        guard unlink(path) == 0 else { throw .failed(path: path, operation: "renaming", code: errno) }
        try syncDirectory(of: path)
    }

    static func isSameFile(_ path: String, _ other: String) -> Bool {
        var (left, right) = (stat(), stat())
        return stat(path, &left) == 0 && stat(other, &right) == 0 && left.st_ino == right.st_ino
            && left.st_dev == right.st_dev
    }

    /// Overwrites a key file and removes it. What a file system or a disk keeps beyond that is for the operator's volume
    /// encryption (docs: hosting).
    static func destroy(_ path: String) throws(KeyFileError) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw .failed(path: path, operation: "opening", code: errno)
        }
        let blank = [UInt8](repeating: UInt8(ascii: "0"), count: 82)
        let written = Glibc.write(descriptor, blank, blank.count)
        let synced = fsync(descriptor)
        close(descriptor)
        guard written == blank.count, synced == 0, unlink(path) == 0 else {
            throw .failed(path: path, operation: "destroying", code: errno)
        }
        try syncDirectory(of: path)
    }

    private static func syncDirectory(of path: String) throws(KeyFileError) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(path: directory, operation: "opening", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .failed(path: directory, operation: "syncing", code: errno) }
    }

    private func parse(_ bytes: ArraySlice<UInt8>) -> KeyMaterial? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix(rawValue + " "), text.hasSuffix("\n") else { return nil }
        let digits = Array(text.dropFirst(rawValue.count + 1).dropLast())
        guard digits.count == 64 else { return nil }
        var key: [UInt8] = []
        for position in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[position].hexDigitValue, let low = digits[position + 1].hexDigitValue else {
                return nil
            }
            key.append(UInt8(high << 4 | low))
        }
        return KeyMaterial(key)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import WardCrypto
package import WardKernel

/// The keys that exist only in files: the root key and the epoch keys (DESIGN section 6). They stay out of the database,
/// out of the data directory's backups, and in this process's memory.
///
/// In a directory that only its owner may enter:
///
///     root.key                     the root key
///     root-next.key                its successor, while a rotation is under way
///     root-retired-<name>.key      what it was before a rotation, until it is destroyed
///     epoch-1.key, epoch-2.key …
package final class KeyDirectory: Sendable {
    private struct RootKeys {
        /// What new keys are wrapped by: the successor from the moment it exists.
        var newest: KeyMaterial
        /// All that are here, the newest among them: rows name the one that wraps them.
        var all: [KeyMaterial]
    }

    package let path: String
    private let roots: Mutex<RootKeys>
    private let epochs: Mutex<[Int64: KeyMaterial]>

    /// Reads every key file; throws `KeyFileError` when one is missing, damaged, or readable by others. Changes nothing: a
    /// rotation that was interrupted goes on when it is asked for again.
    package init(opening path: String) throws(KeyFileError) {
        self.path = path
        let names = try Self.names(in: path)
        var all: [KeyMaterial] = []
        var newest: KeyMaterial?
        // A rotation that died between its two renames has left the successor alone: it is the root key then.
        let isSuccessorAlone = !names.contains(Self.rootName) && names.contains(Self.nextName)
        for name in isSuccessorAlone ? [Self.nextName] : [Self.rootName, Self.nextName] {
            guard name == Self.rootName || names.contains(name) else { continue }
            let key = try KeyFile.root.read(path + "/" + name)
            newest = key
            all.append(key)
        }
        for name in names where Self.retiredName(of: name) != nil {
            all.append(try KeyFile.root.read(path + "/" + name))
        }
        guard let newest else { throw .missing(path: path + "/" + Self.rootName) }
        roots = Mutex(RootKeys(newest: newest, all: all))
        var found: [Int64: KeyMaterial] = [:]
        for epoch in Self.epochNumbers(among: names) {
            found[epoch] = try KeyFile.epoch.read(Self.epochPath(epoch, in: path))
        }
        guard !found.isEmpty else { throw .missing(path: Self.epochPath(1, in: path)) }
        epochs = Mutex(found)
    }

    /// Makes the directory (mode 0700) with a root key and the first epoch key, and opens it. Never overwrites a key.
    package static func create(at path: String, surroundings: Surroundings) throws(KeyFileError) -> KeyDirectory {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .failed(path: path, operation: "making", code: errno)
        }
        guard let root = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount)),
            let epoch = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount))
        else { throw .failed(path: path, operation: "drawing a key for", code: EIO) }
        try KeyFile.root.write(root, to: path + "/" + rootName)
        try KeyFile.epoch.write(epoch, to: epochPath(1, in: path))
        return try KeyDirectory(opening: path)
    }

    // MARK: Root keys

    private static let rootName = "root.key"
    private static let nextName = "root-next.key"

    /// The name in `root-retired-<name>.key`; nil for other files.
    private static func retiredName(of file: String) -> String? {
        guard file.hasPrefix("root-retired-"), file.hasSuffix(".key") else { return nil }
        return String(file.dropFirst("root-retired-".count).dropLast(4))
    }

    /// What organization keys are wrapped by from now on.
    var root: KeyMaterial { roots.withLock(\.newest) }

    /// The root key's check value: sixteen hexadecimal digits that name the key without telling anything about it.
    package var rootKeyName: String { Digest.hexadecimal(rootKeyCheck) }

    var rootKeyCheck: [UInt8] { Self.check(of: root) }

    static func check(of root: KeyMaterial) -> [UInt8] {
        Array(root.authenticationCode(for: "ward root key check value".utf8).prefix(8))
    }

    /// The root key of this check value, if its file is here.
    func rootKey(check: [UInt8]) -> KeyMaterial? {
        roots.withLock(\.all).first { Digest.isEqual(Self.check(of: $0), check) }
    }

    /// Whether a rotation was begun and has not ended.
    package var isRotatingRoot: Bool { access(path + "/" + Self.nextName, F_OK) == 0 }

    /// The names of root keys that were rotated out and whose files are still here.
    package var retiredRootKeys: [String] {
        get throws(KeyFileError) { try Self.names(in: path).compactMap(Self.retiredName).sorted() }
    }

    /// Writes the successor's file, or takes the one that an interrupted rotation has left. From now on it wraps.
    func beginRootRotation(surroundings: Surroundings) throws(KeyFileError) {
        guard !isRotatingRoot else { return }
        guard let key = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount)) else {
            throw .failed(path: path, operation: "drawing a key for", code: EIO)
        }
        try KeyFile.root.write(key, to: path + "/" + Self.nextName)
        roots.withLock { roots in
            roots.newest = key
            roots.all.append(key)
        }
    }

    /// Puts the successor in the root key's place and the old key aside. Nothing in the database may need the old key.
    func endRootRotation() throws(KeyFileError) {
        let root = path + "/" + Self.rootName
        // Left by a run that died while it renamed the successor.
        let isRenamed = KeyFile.isSameFile(root, path + "/" + Self.nextName)
        if !isRenamed, access(root, F_OK) == 0 {
            let old = Digest.hexadecimal(Self.check(of: try KeyFile.root.read(root)))
            try KeyFile.rename(root, to: "\(path)/root-retired-\(old).key")
        }
        try KeyFile.rename(path + "/" + Self.nextName, to: root)
    }

    /// Destroys the file of a root key that was rotated out.
    func destroyRetiredRoot(_ name: String) throws(KeyFileError) {
        let file = "\(path)/root-retired-\(name).key"
        let key = try KeyFile.root.read(file)
        try KeyFile.destroy(file)
        let check = Self.check(of: key)
        roots.withLock { roots in roots.all.removeAll { Digest.isEqual(Self.check(of: $0), check) } }
    }

    // MARK: Epochs

    /// The epochs whose keys are here, the oldest first.
    package var epochNumbers: [Int64] { epochs.withLock { $0.keys.sorted() } }

    /// The epoch that new subject keys are wrapped by.
    var newestEpoch: Int64 { epochs.withLock { $0.keys.max() ?? 0 } }

    func epochKey(_ epoch: Int64) throws(VaultError) -> KeyMaterial {
        guard let key = epochs.withLock({ $0[epoch] }) else { throw .epochKeyMissing(epoch: epoch) }
        return key
    }

    /// Writes the key file of the next epoch and makes it the newest.
    func addEpoch(surroundings: Surroundings) throws -> Int64 {
        let epoch = newestEpoch + 1
        guard let key = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount)) else {
            throw KeyFileError.failed(path: path, operation: "drawing a key for", code: EIO)
        }
        try KeyFile.epoch.write(key, to: Self.epochPath(epoch, in: path))
        epochs.withLock { $0[epoch] = key }
        return epoch
    }

    /// Destroys an epoch's key: every subject key that only it wraps is gone, in every backup too.
    func destroyEpoch(_ epoch: Int64) throws(KeyFileError) {
        try KeyFile.destroy(Self.epochPath(epoch, in: path))
        epochs.withLock { $0[epoch] = nil }
    }

    private static func epochPath(_ epoch: Int64, in path: String) -> String { "\(path)/epoch-\(epoch).key" }

    private static func epochNumbers(among names: [String]) -> [Int64] {
        names.compactMap { name -> Int64? in
            guard name.hasPrefix("epoch-"), name.hasSuffix(".key") else { return nil }
            return Int64(name.dropFirst(6).dropLast(4)).flatMap { $0 >= 1 ? $0 : nil }
        }.sorted()
    }

    /// The names of the files in a directory.
    private static func names(in path: String) throws(KeyFileError) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT { throw .missing(path: path + "/" + rootName) }
            throw .failed(path: path, operation: "listing", code: errno)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
        return names
    }
}

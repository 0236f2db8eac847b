// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints outside the database, against which a rollback of the database shows (reliability.md L2 to L4).
//
//     <directory>/<organization>/latest           the newest signed note
//     <directory>/<organization>/2026-11-24       the first of each UTC day
//
// A file is written under a temporary name, fsynced, renamed, and its directory fsynced.

import Glibc
import WardCrypto
import WardKernel

struct OutsideCheckpoints {
    let directory: String

    /// Every note that is kept for an organization; none when nothing was published yet.
    func notes(of organization: OrganizationID) throws(AuditError) -> [String] {
        let folder = folder(of: organization)
        guard let entries = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw .checkpointDirectory(path: folder, code: errno)
        }
        defer { closedir(entries) }
        var notes: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name == "latest" || CalendarDate(name) != nil else { continue }
            notes.append(try read(folder + "/" + name))
        }
        return notes
    }

    /// The newest note; nil when nothing was published yet.
    func latest(of organization: OrganizationID) throws(AuditError) -> String? {
        let path = folder(of: organization) + "/latest"
        guard access(path, F_OK) == 0 else {
            if errno == ENOENT { return nil }
            throw .checkpointDirectory(path: path, code: errno)
        }
        return try read(path)
    }

    func publish(_ note: String, of organization: OrganizationID, at time: Timestamp) throws(AuditError) {
        let folder = folder(of: organization)
        for path in [directory, folder] where mkdir(path, 0o755) != 0 && errno != EEXIST {
            throw .checkpointDirectory(path: path, code: errno)
        }
        let day = folder + "/" + String(time.description.prefix(10))
        if access(day, F_OK) != 0 { try write(note, to: day, in: folder) }
        try write(note, to: folder + "/latest", in: folder)
    }

    private func folder(of organization: OrganizationID) -> String { "\(directory)/\(organization)" }

    private func read(_ path: String) throws(AuditError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .checkpointDirectory(path: path, code: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw .checkpointDirectory(path: path, code: errno) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    private func write(_ note: String, to path: String, in folder: String) throws(AuditError) {
        let temporary = path + ".new"
        let bytes = Array(note.utf8)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .checkpointDirectory(path: temporary, code: errno) }
        let written = Glibc.write(descriptor, bytes, bytes.count)
        let synced = fsync(descriptor)
        close(descriptor)
        guard written == bytes.count, synced == 0, rename(temporary, path) == 0 else {
            throw .checkpointDirectory(path: path, code: errno)
        }
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw .checkpointDirectory(path: folder, code: errno) }
        defer { close(parent) }
        guard fsync(parent) == 0 else { throw .checkpointDirectory(path: folder, code: errno) }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import WardTestKit

/// Visits the patients' pages over HTTP (Python's client) with cookies and forms, as a browser without JavaScript does.
/// Redirects are answers too: whoever reads the test sees them.
final class PatientBrowser: Sendable {
    struct Answer: Decodable, Sendable {
        let status: Int
        let text: String
        let cookies: [String]
    }

    private struct Request: Encodable {
        let port: Int
        let method: String
        let path: String
        let headers: [String: String]
        let body: String?
    }

    private static let script = """
        import http.client, json, sys
        ask = json.load(open(sys.argv[1]))
        connection = http.client.HTTPConnection("127.0.0.1", ask["port"], timeout=60)
        connection.request(ask["method"], ask["path"], ask.get("body"), ask["headers"])
        answer = connection.getresponse()
        cookies = answer.headers.get_all("Set-Cookie") or []
        print(json.dumps({"status": answer.status, "text": answer.read().decode(), "cookies": cookies}))
        """

    private let port: Int
    private let folder: String
    private let state = Mutex<(cookies: [String: String], requests: Int)>(([:], 0))

    init(port: Int) throws {
        self.port = port
        folder = "/tmp/ward-browser-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    deinit {
        // What cannot be removed stays below /tmp.
        try? FileManager.default.removeItem(atPath: folder)
    }

    func get(_ path: String) async throws -> Answer { try await send("GET", path, [:], nil) }

    /// Posts a form with the token of the page that it stands on.
    func post(_ path: String, _ fields: [String: String], from page: Answer) async throws -> Answer {
        var all = fields
        all["form_token"] = Self.value(of: "form_token", in: page.text)
        let body = all.map { "\($0.key)=\(Self.encoded($0.value))" }.joined(separator: "&")
        let headers = [
            "Content-Type": "application/x-www-form-urlencoded", "Origin": "http://127.0.0.1:\(port)",
        ]
        return try await send("POST", path, headers, body)
    }

    /// The value of a hidden field.
    static func value(of name: String, in text: String) -> String? {
        guard let start = text.range(of: "name=\"\(name)\" value=\"")?.upperBound else { return nil }
        return String(text[start...].prefix { $0 != "\"" })
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }

    private func send(
        _ method: String,
        _ path: String,
        _ headers: [String: String],
        _ body: String?
    ) async throws -> Answer {
        let (jar, number) = state.withLock { state in
            state.requests += 1
            return (state.cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; "), state.requests)
        }
        var headers = headers
        if !jar.isEmpty { headers["Cookie"] = jar }
        let request = Request(port: port, method: method, path: path, headers: headers, body: body)
        let file = "\(folder)/\(number).json"
        try JSONEncoder().encode(request).write(to: URL(fileURLWithPath: file))
        let child = try ChildProcess(
            "/usr/bin/python3",
            ["-c", Self.script, file],
            outputIn: folder,
            named: "\(number)"
        )
        guard try await child.end() == .exited(0) else { throw ChildProcess.Failure(description: child.errors) }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(child.output.utf8))
        for cookie in answer.cookies {
            let pair = (cookie.split(separator: ";").first ?? "").split(separator: "=", maxSplits: 1).map(String.init)
            if pair.count == 2 { state.withLock { $0.cookies[pair[0]] = pair[1] } }
        }
        return answer
    }
}

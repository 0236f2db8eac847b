// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Testing
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct RouteTableTests {
    /// A new, changed or unprotected route shows as a difference of `Golden/staff-routes.txt`; after a change that is
    /// meant, run the test with WARD_WRITE_GOLDEN=1.
    @Test func `the table of routes is the one that was agreed`() throws {
        try check(StaffSite.routes, "staff-routes.txt")
        try check(PatientSite.routes, "patient-routes.txt")
    }

    @Test func `no route is there twice`() {
        for routes in [StaffSite.routes, PatientSite.routes] {
            let keys = routes.map { "\($0.method.rawValue) \($0.path)" }
            #expect(Set(keys).count == keys.count)
        }
    }

    /// The roles that reach each route by the published matrix, and a request by every role and by nobody.
    @Test(arguments: TestStore.kinds)
    func `every route refuses who is not signed in and every role without its permission`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            var tokens: [Role: String] = [:]
            for role in Role.allCases {
                tokens[role] = try await world.token([role], email: "\(role.rawValue)@lakeside.example")
            }
            let unknown = "\(world.organization.id)"
            for route in StaffSite.routes where route.access != .anyone {
                let path = Self.path(route, world, unknown)
                let anonymous = try await Self.send(route, path, world.browser())
                #expect(anonymous.status == 401, "\(route.line)")
                guard case .permission(let permission) = route.access else { continue }
                for (role, token) in tokens {
                    let answer = try await Self.send(route, path, world.browser(token))
                    let isRefused = answer.status == 403
                    #expect(isRefused == !role.permissions.contains(permission), "\(role) \(route.line)")
                }
            }
        }
    }

    static func path(_ route: Route, _ world: WebWorld, _ identifier: String) -> String {
        let segments = "\(route.path)".split(separator: "/").map { $0.hasPrefix(":") ? identifier : String($0) }
        return "/" + ([world.organization.slug] + segments).joined(separator: "/")
    }

    static func send(_ route: Route, _ path: String, _ browser: TestBrowser) async throws -> TestBrowser.Answer {
        switch (route.method, route.body) {
        case (.get, _): return try await browser.get(path)
        case (.post, .fields), (.post, .unguarded): return try await browser.post(path)
        case (.post, .upload):
            let body = """
                --b\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n\(browser.formToken)\r
                --b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n\r\n--b--\r\n
                """
            let headers = [("content-type", "multipart/form-data; boundary=b")]
            return try await browser.send(.post, path, headers: headers, body: body)
        }
    }

    private func check(_ routes: [Route], _ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        let file = folder.appending(path: name)
        let text = routes.map(\.line).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["WARD_WRITE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(text == golden)
    }
}

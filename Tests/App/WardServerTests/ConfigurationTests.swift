// SPDX-License-Identifier: Apache-2.0

import Testing
import WardServer

@Suite struct ConfigurationTests {
    private func problems(_ file: String, _ environment: [String: String] = [:]) -> [String] {
        do {
            let values = try SettingValues(file: file, environment: environment)
            _ = try ServerConfiguration(values: values, dataDirectory: "/srv/ward")
            return []
        } catch {
            return error.problems
        }
    }

    @Test func `an unknown key is an error that names its line and the setting that is meant`() {
        #expect(problems("staff:\n  listen: 127.0.0.1:1\nlistem: 3\n") == ["Line 3: there is no setting `listem`."])
        #expect(problems("listen: 3\n") == ["Line 1: there is no setting `listen`. Is `staff.listen` meant?"])
    }

    @Test func `an environment variable that names no setting is an error`() {
        #expect(
            problems("", ["WARD_STAF_LISTEN": "x"]) == ["The environment variable WARD_STAF_LISTEN names no setting."]
        )
        #expect(problems("", ["WARD_DATA": "/srv/ward", "PATH": "/bin"]).isEmpty)
    }

    @Test func `a file that is not YAML is named with line and column and no value`() {
        let found = problems("store: [secret\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("The configuration file is not YAML: line") == true)
        #expect(found.first?.contains("secret") == false)
    }

    @Test func `without a certificate only loopback is served`() {
        let found = problems("staff:\n  listen: 0.0.0.0:443\n")
        #expect(found == ["staff.listen is not loopback: without a certificate only loopback is served."])
    }

    @Test func `behind a proxy the proxy is named, and http is for loopback alone`() throws {
        let site = "staff:\n  address: https://ward.lakeside.example\n"
        #expect(problems(site).first?.contains("name its address in web.proxies") == true)
        #expect(problems(site + "web:\n  proxies: 127.0.0.1\n").isEmpty)
        #expect(
            problems("staff:\n  address: http://ward.lakeside.example\nweb:\n  proxies: 127.0.0.1\n")
                == ["staff.address begins with https:// (or http:// on loopback)."]
        )
        let values = try SettingValues(file: site + "web:\n  proxies: 127.0.0.1\n", environment: [:])
        let configuration = try ServerConfiguration(values: values, dataDirectory: "/srv/ward")
        #expect(configuration.staff.isLoopback && configuration.staff.isReachedFromBeyond)
        #expect(configuration.staff.isSecure)
        #expect(!configuration.patients.isReachedFromBeyond)
    }

    @Test func `all problems are told at once`() {
        let file = "staff:\n  listen: nowhere\n  certificate: a.pem\nlog:\n  level: loud\nstore: mysql\n"
        #expect(problems(file).count == 4)
    }

    @Test func `a password in the store's address is repeated by no problem`() {
        let found = problems("store: mysql://ward:geheim@db/ward\n")
        #expect(found == ["store takes sqlite, or an address that begins with postgres://."])
    }

    @Test func `keys inside the data directory are refused`() {
        #expect(problems("keys:\n  folder: /srv/ward/keys\n").first?.hasPrefix("keys.folder lies inside") == true)
    }

    @Test func `checkpoints go beside the keys unless told otherwise, and never into the data directory`() throws {
        func checkpoints(_ file: String) throws -> String {
            let values = try SettingValues(file: file, environment: [:])
            return try ServerConfiguration(values: values, dataDirectory: "/srv/ward").auditCheckpoints
        }
        #expect(try checkpoints("") == "/srv/ward-checkpoints")
        #expect(try checkpoints("keys:\n  folder: /secure/ward\n") == "/secure/ward-checkpoints")
        #expect(try checkpoints("audit:\n  checkpoints: /mnt/second/ward\n") == "/mnt/second/ward")
        for inside in ["/srv/ward", "/srv/ward/checkpoints", "/srv/x/../ward/y"] {
            #expect(
                problems("audit:\n  checkpoints: \(inside)\n").first?.hasPrefix("audit.checkpoints lies inside") == true
            )
        }
        #expect(problems("audit:\n  checkpoints: here\n") == ["audit.checkpoints takes an absolute path."])
    }

    @Test func `the environment overrides the file, and the source is known`() throws {
        let values = try SettingValues(
            file: "patients:\n  listen: 127.0.0.1:9000\n",
            environment: ["WARD_PATIENTS_LISTEN": "127.0.0.1:9001"]
        )
        let configuration = try ServerConfiguration(values: values, dataDirectory: "/srv/ward")
        #expect(configuration.patients.port == 9001)
        #expect(configuration.keysFolder == "/srv/ward-keys")
        let setting = try #require(Setting.all.first { $0.key == "patients.listen" })
        #expect(values.source(setting) == .environment)
    }

    @Test func `an environment name spells the key's words apart`() {
        #expect(Setting.all.first { $0.key == "staff.privateKey" }?.environmentName == "WARD_STAFF_PRIVATE_KEY")
    }
}

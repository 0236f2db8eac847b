// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// The module table is the referee of the layers: `layer` says where a module stands, `uses` lists every edge. The loop
// below stops with a sentence when a dependency points up, when an edge uses an edge, or when sources use test support.

import Foundation
import PackageDescription

enum Layer: String {
    case c = "C"
    case kernel = "Kernel"
    case mechanisms = "Mechanisms"
    case domain = "Domain"
    case edges = "Edges"
    case app = "App"

    var rank: Int { [.c, .kernel, .mechanisms, .domain, .edges, .app].firstIndex(of: self) ?? 0 }
}

struct Module {
    var name: String
    var layer: Layer
    var uses: [String]
    var products: [String] = []
    var tests: Bool = true
    /// What its tests use beyond the module itself, what that uses, and the test support.
    var testUses: [String] = []
}

/// The system libraries, one Swift importer each: name, pkg-config name, Debian package.
let libraries: [(name: String, pkgConfig: String, debian: String)] = [
    ("CLibPQ", "libpq", "libpq-dev"),
    ("COpenSSL", "libcrypto", "libssl-dev"),
    ("CRNP", "librnp", "librnp-dev"),
    ("CSodium", "libsodium", "libsodium-dev"),
    ("CSQLite", "sqlite3", "libsqlite3-dev"),
    ("CUnbound", "libunbound", "libunbound-dev"),
    ("CZlib", "zlib", "zlib1g-dev"),
]

/// C of our own, one Swift importer each as well.
let ownC = ["CSandbox", "CAllocator"]

let crypto = ["Crypto"]
let nio = ["NIOCore", "NIOPosix", "NIOSSL", "NIOTLS"]
let store = ["WardKernel", "WardStorage"]
/// What every domain module stands on.
let ground = store + ["WardVault", "WardAudit"]
let domain = [
    "WardAudit", "WardVault", "WardIdentity", "WardContacts", "WardSegments", "WardConsent", "WardDelivery",
    "WardPortal", "WardCampaigns", "WardSenderDomains", "WardSubmission", "WardRecipientKeys",
    "WardMailKeys",
]

let modules: [Module] = [
    // Kernel
    Module(name: "WardKernel", layer: .kernel, uses: []),
    // Mechanisms
    Module(name: "WardTelemetry", layer: .mechanisms, uses: ["WardKernel"], products: ["Logging"]),
    Module(name: "WardCrypto", layer: .mechanisms, uses: ["WardKernel", "COpenSSL", "CSodium"], products: crypto),
    Module(name: "WardStorage", layer: .mechanisms, uses: ["WardKernel"], products: crypto),
    Module(name: "WardSQLite", layer: .mechanisms, uses: store + ["CSQLite"], products: ["GRDB"]),
    Module(name: "WardPostgres", layer: .mechanisms, uses: store + ["CLibPQ"]),
    Module(name: "WardQueue", layer: .mechanisms, uses: store),
    Module(name: "WardDNS", layer: .mechanisms, uses: ["WardKernel", "CUnbound"]),
    Module(
        name: "WardTrust",
        layer: .mechanisms,
        uses: ["WardKernel", "WardDNS", "WardCompression"],
        products: nio + ["X509", "SwiftASN1", "Crypto", "_CryptoExtras", "NIOHTTP1"]
    ),
    Module(name: "WardMIME", layer: .mechanisms, uses: ["WardKernel"], products: crypto),
    Module(name: "WardSMTP", layer: .mechanisms, uses: ["WardKernel", "WardDNS", "WardTrust"], products: nio),
    Module(
        name: "WardMailCrypto",
        layer: .mechanisms,
        uses: ["WardKernel", "WardCrypto", "WardSandbox", "CRNP"],
        products: crypto,
        testUses: ["WardMIME", "WardParseChild"]
    ),
    Module(
        name: "WardSandbox",
        layer: .mechanisms,
        uses: ["WardKernel", "CSandbox"],
        testUses: ["WardParseChild"]
    ),
    Module(name: "WardContentScan", layer: .mechanisms, uses: []),
    Module(
        name: "WardMailAuthentication",
        layer: .mechanisms,
        uses: ["WardKernel", "WardDNS", "WardMIME", "WardMailCrypto", "WardCompression"]
    ),
    Module(name: "WardCompression", layer: .mechanisms, uses: ["CZlib"], tests: false),
    Module(name: "WardDocumentText", layer: .mechanisms, uses: ["WardCompression"]),
    Module(name: "WardRender", layer: .mechanisms, uses: ["WardKernel"], products: ["Mustache"]),
    // Domain
    Module(name: "WardAudit", layer: .domain, uses: store + ["WardCrypto", "WardVault"]),
    Module(name: "WardVault", layer: .domain, uses: store + ["WardCrypto"]),
    Module(name: "WardIdentity", layer: .domain, uses: ground + ["WardCrypto"]),
    Module(name: "WardContacts", layer: .domain, uses: ground + ["WardQueue"]),
    Module(name: "WardSegments", layer: .domain, uses: ground + ["WardContacts"]),
    Module(name: "WardConsent", layer: .domain, uses: ground, products: crypto),
    Module(
        name: "WardDelivery",
        layer: .domain,
        uses: ground + [
            "WardCrypto", "WardConsent", "WardQueue", "WardMIME", "WardMailCrypto", "WardSMTP", "WardTrust", "WardDNS",
            "WardContentScan",
        ]
    ),
    Module(
        name: "WardPortal",
        layer: .domain,
        uses: ground + ["WardCrypto", "WardIdentity", "WardConsent", "WardDelivery", "WardMIME"]
    ),
    Module(
        name: "WardCampaigns",
        layer: .domain,
        uses: ground + ["WardQueue", "WardContacts", "WardSegments", "WardConsent", "WardDelivery", "WardPortal"]
    ),
    Module(
        name: "WardSenderDomains",
        layer: .domain,
        uses: ground + [
            "WardCrypto", "WardMailCrypto", "WardMIME", "WardMailAuthentication", "WardDNS", "WardTrust",
            "WardIdentity",
        ],
        products: crypto
    ),
    Module(
        name: "WardSubmission",
        layer: .domain,
        uses: ground + [
            "WardCrypto", "WardMailCrypto", "WardSandbox", "WardIdentity", "WardConsent", "WardDelivery", "WardMIME",
        ],
        products: crypto,
        testUses: ["WardParseChild"]
    ),
    Module(
        name: "WardRecipientKeys",
        layer: .domain,
        uses: ground + ["WardCrypto", "WardMailCrypto", "WardSandbox", "WardTrust"],
        testUses: ["WardParseChild", "WardDNS"]
    ),
    Module(
        name: "WardMailKeys",
        layer: .domain,
        uses: ground + ["WardCrypto", "WardMailCrypto", "WardSandbox", "WardIdentity"],
        products: crypto,
        testUses: ["WardParseChild"]
    ),
    // Edges
    Module(
        name: "WardInbound",
        layer: .edges,
        uses: domain + ["WardKernel", "WardTelemetry", "WardDNS", "WardMailAuthentication"],
        products: nio,
        testUses: ["WardQueue", "WardMIME", "WardCrypto"]
    ),
    Module(
        name: "WardWeb",
        layer: .edges,
        uses: domain + ["WardKernel", "WardTelemetry", "WardRender", "WardContentScan"],
        products: ["Hummingbird", "HummingbirdCore", "HummingbirdTLS", "Logging", "NIOCore"],
        testUses: ["WardQueue", "WardDNS", "WardTrust", "WardMailCrypto", "WardSandbox", "WardParseChild"]
    ),
    Module(
        name: "WardCommands",
        layer: .edges,
        uses: domain + ["WardKernel", "WardTelemetry", "WardContentScan"],
        products: ["ArgumentParser"]
    ),
    // App
    Module(
        name: "WardServer",
        layer: .app,
        uses: domain + [
            "WardKernel", "WardTelemetry", "WardCrypto", "WardStorage", "WardSQLite", "WardPostgres", "WardQueue",
            "WardDNS",
            "WardTrust", "WardSMTP", "WardMIME", "WardMailCrypto", "WardSandbox", "WardDocumentText",
            "WardMailAuthentication",
            "WardWeb", "WardCommands", "WardInbound", "CAllocator",
        ],
        products: ["ServiceLifecycle", "UnixSignals", "Logging", "Yams", "Hummingbird", "NIOCore", "NIOPosix"]
    ),
    Module(
        name: "WardDemo",
        layer: .app,
        uses: domain + [
            "WardKernel", "WardStorage", "WardQueue", "WardDNS", "WardTrust", "WardMIME", "WardMailCrypto",
            "WardServer", "WardCommands",
        ],
        products: nio + ["X509", "SwiftASN1", "Crypto", "Hummingbird", "Logging", "ServiceLifecycle"]
    ),
]

// Test support: real stores for every suite, and the peers that tests start.
let support: [(name: String, uses: [String], products: [String])] = [
    (
        "WardTestKit",
        [
            "WardKernel", "WardStorage", "WardSQLite", "WardPostgres", "WardCrypto", "WardVault", "WardAudit",
            "WardQueue",
        ],
        ["X509", "SwiftASN1", "Crypto", "_CryptoExtras", "NIOCore", "NIOPosix"]
    )
]

let products: [String: String] = [
    "Logging": "swift-log", "Crypto": "swift-crypto", "_CryptoExtras": "swift-crypto", "GRDB": "GRDB.swift",
    "X509": "swift-certificates",
    "SwiftASN1": "swift-asn1", "NIOCore": "swift-nio", "NIOPosix": "swift-nio", "NIOTLS": "swift-nio",
    "NIOHTTP1": "swift-nio",
    "NIOSSL": "swift-nio-ssl",
    "Mustache": "swift-mustache", "Hummingbird": "hummingbird", "HummingbirdCore": "hummingbird",
    "HummingbirdTLS": "hummingbird",
    "HummingbirdTesting": "hummingbird", "ArgumentParser": "swift-argument-parser",
    "ServiceLifecycle": "swift-service-lifecycle", "UnixSignals": "swift-service-lifecycle", "Yams": "Yams",
]

/// Stops the build with a sentence when the table breaks a rule of the layers.
func referee() {
    let layers = Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0.layer) })
    for module in modules {
        for used in module.uses where !libraries.contains(where: { $0.name == used }) && !ownC.contains(used) {
            guard let layer = layers[used] else {
                fatalError("\(module.name) uses \(used), which is not in the module table (or is test support).")
            }
            if layer.rank > module.layer.rank {
                fatalError("\(module.name) (\(module.layer)) may not use \(used) (\(layer)): upward edge.")
            }
            if layer == .edges && module.layer == .edges {
                fatalError("\(module.name) may not use \(used): an edge does not use an edge.")
            }
        }
    }
    for library in libraries.map(\.name) + ownC where modules.filter({ $0.uses.contains(library) }).count > 1 {
        fatalError("\(library) has more than one Swift importer.")
    }
}

referee()

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
    // Identifiers, rows and sealed places cross modules as generics: without this each use looks their types up.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func dependencies(_ uses: [String], _ names: [String]) -> [Target.Dependency] {
    uses.map { .byName(name: $0) } + names.map { .product(name: $0, package: products[$0] ?? $0) }
}

/// Files in a module's folder that are not sources: SwiftPM warns about each that is not named.
func exclusions(_ module: Module) -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let folder = root.appending(path: "Sources/\(module.layer.rawValue)/\(module.name)")
    let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return names.filter { ($0.hasSuffix(".sql") || $0.hasSuffix(".md")) && !$0.hasPrefix("Resources/") }
        + (FileManager.default.fileExists(atPath: folder.appending(path: "Resources").path) ? ["Resources"] : [])
}

var targets: [Target] = libraries.map {
    .systemLibrary(
        name: $0.name,
        path: "Sources/C/\($0.name)",
        pkgConfig: $0.pkgConfig,
        providers: [.apt([$0.debian])]
    )
}

targets += ownC.map { .target(name: $0, path: "Sources/C/\($0)") }

for module in modules {
    targets.append(
        .target(
            name: module.name,
            dependencies: dependencies(module.uses, module.products),
            path: "Sources/\(module.layer.rawValue)/\(module.name)",
            exclude: exclusions(module),
            swiftSettings: settings
        )
    )
    guard module.tests else { continue }
    // Tests of a module may use what the module uses (the C libraries apart), the real stores and the test support.
    let inherited = module.uses.filter { used in !libraries.contains { $0.name == used } && !ownC.contains(used) }
    let kit =
        module.layer == .kernel
        ? [] : support.map(\.name) + ["WardSQLite", "WardPostgres", "WardStorage", "WardKernel"]
    targets.append(
        .testTarget(
            name: "\(module.name)Tests",
            dependencies: dependencies(
                Array(Set([module.name] + inherited + kit + module.testUses)).sorted(),
                module.products
            ),
            path: "Tests/\(module.layer.rawValue)/\(module.name)Tests",
            swiftSettings: settings
        )
    )
}

for kit in support {
    targets.append(
        .target(
            name: kit.name,
            dependencies: dependencies(kit.uses, kit.products),
            path: "Tests/Support/\(kit.name)",
            swiftSettings: settings
        )
    )
}

// The child that parses, with orders to misbehave.
targets.append(
    .executableTarget(
        name: "WardParseChild",
        dependencies: dependencies(["WardSandbox", "WardMailCrypto"], []),
        path: "Tests/Support/WardParseChild",
        swiftSettings: settings
    )
)

// Scenarios: the real binary, and the same installation with a test's own world outside, against real peers.
targets += [
    .target(
        name: "WardScenarioKit",
        dependencies: dependencies(
            [
                "WardKernel", "WardDNS", "WardTrust", "WardSMTP", "WardDelivery", "WardIdentity", "WardSegments",
                "WardServer",
            ],
            []
        ),
        path: "Tests/Support/WardScenarioKit",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "WardTestServer",
        dependencies: dependencies(
            ["WardScenarioKit", "WardDelivery", "WardServer", "WardCommands", "WardTelemetry"],
            ["ArgumentParser"]
        ),
        path: "Tests/Support/WardTestServer",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "WardProtectionBench",
        dependencies: dependencies(["WardKernel", "WardCrypto", "WardMailCrypto"], ["ArgumentParser"]),
        path: "Tests/Support/WardProtectionBench",
        swiftSettings: settings
    ),
    .testTarget(
        name: "WardScenarioTests",
        dependencies: dependencies(
            domain + support.map(\.name) + [
                "WardKernel", "WardStorage", "WardTelemetry", "WardScenarioKit", "WardServer", "WardCommands",
                "WardSMTP",
                "WardTrust", "WardDNS",
            ],
            []
        ),
        path: "Tests/Scenarios/WardScenarioTests",
        swiftSettings: settings
    ),
]

targets.append(
    .executableTarget(
        name: "ward",
        dependencies: dependencies(["WardServer", "WardDemo", "WardCommands", "WardKernel"], ["ArgumentParser"]),
        path: "Sources/App/ward",
        swiftSettings: settings
    )
)

/// `WARD_ONLY=WardSMTPTests,WardDeliveryTests` keeps these targets and what they stand on, so that work on one module need
/// not build everything above it.
func kept(_ names: Set<String>, of targets: [Target]) -> [Target] {
    let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
    var reached: Set<String> = []
    var waiting = Array(names)
    while let name = waiting.popLast() {
        guard let target = byName[name] else { fatalError("WARD_ONLY: there is no target \(name).") }
        guard reached.insert(name).inserted else { continue }
        for case .byNameItem(let used, _) in target.dependencies { waiting.append(used) }
    }
    return targets.filter { reached.contains($0.name) }
}

if let only = ProcessInfo.processInfo.environment["WARD_ONLY"], !only.isEmpty {
    targets = kept(Set(only.split(separator: ",").map(String.init)), of: targets)
}

let package = Package(
    name: "ward",
    products: targets.contains { $0.name == "ward" } ? [.executable(name: "ward", targets: ["ward"])] : [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: targets
)

// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContentScan

@testable import WardDelivery

@Suite struct DrugListTests {
    @Test func `a list is read with remarks, commas and capitals, each name once`() {
        let text = "# remark, one\nMetformin; lisinopril,\r\n  Insulin   Glargine \nMETFORMIN\n,,\n   "
        #expect(DrugList.names(in: text) == ["metformin", "lisinopril", "insulin glargine"])
        #expect(DrugList.names(in: "").isEmpty)
    }

    @Test func `a name that the scan could not find is told`() {
        #expect(DrugList.firstUnusable(in: ["aspirin", "a b c d"]) == nil)
        #expect(DrugList.firstUnusable(in: ["aspirin", "a b c d e"]) == "a b c d e")
        #expect(DrugList.firstUnusable(in: [String(repeating: "x", count: 101)]) != nil)
    }

    @Test func `the scan finds every name of the list that comes with Ward, and none in a harmless letter`() {
        let names = DrugList.common
        #expect(names.count > 300 && DrugList.firstUnusable(in: names) == nil)
        let scanner = ContentScanner(drugNames: names, patterns: [], year: 2026)
        for name in names {
            let found = scanner.scan([ContentPart("Please take \(name) twice.", in: .text)])
            #expect(found.contains { $0.kind == .drugName }, "\(name)")
        }
        let letter = "Our flu clinic is open on Saturday. Bring water, and sign in at the front desk with your card."
        #expect(scanner.scan([ContentPart(letter, in: .text)]).isEmpty)
    }
}

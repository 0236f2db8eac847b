// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardRender

@Suite struct SafeNamesTests {
    @Test(arguments: ["=1+1", "+1-1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1"])
    func `no spreadsheet takes a cell for a formula`(value: String) {
        let text = CSVCell(value).text
        #expect(text.hasPrefix("\"'"))
        #expect(text.hasSuffix("\""))
    }

    @Test func `numbers keep their sign, and separators and quotes are quoted`() {
        #expect(CSVCell("-12.5").text == "-12.5")
        #expect(CSVCell("plain").text == "plain")
        #expect(CSVCell("a \"b\", c").text == "\"a \"\"b\"\", c\"")
        #expect(CSVCell("two\nlines").text == "\"two\nlines\"")
        #expect(CSVCell.row(["a", "=b", ""]) == "a,\"'=b\",\r\n")
    }

    @Test func `a download's name carries neither a path nor a header`() {
        #expect(DownloadName("../../etc/passwd", extension: "csv").text == "etc-passwd.csv")
        #expect(
            DownloadName("a\"; filename=b\r\nX: y", extension: "csv").disposition.contains { $0.isNewline } == false
        )
        #expect(DownloadName("Niños", extension: "csv").text == "ni-os.csv")
        #expect(DownloadName("///", extension: "csv").text == "download.csv")
        #expect(DownloadName(String(repeating: "a", count: 300), extension: "csv").text.count == 84)
    }

    @Test func `numbers, shares and sizes are written for people`() {
        #expect(Numbers.grouped(1_234_567) == "1,234,567")
        #expect(Numbers.grouped(-1_000) == "−1,000")
        #expect(Numbers.percent(1, of: 1_000) == "<1 %")
        #expect(Numbers.percent(999, of: 1_000) == ">99 %")
        #expect(Numbers.percent(0, of: 0) == "–")
        #expect(Numbers.bytes(812) == "812 bytes")
        #expect(Numbers.bytes(2_202_010) == "2.1 MB")
    }

    @Test func `moments stand in the organization's zone, and an unknown zone is said to be UTC`() {
        let moment = Timestamp(seconds: 1_795_500_000)
        let chicago = Times(zone: "America/Chicago", language: .english)
        let spanish = Times(zone: "America/Chicago", language: .spanish)
        let nowhere = Times(zone: "Lake/Nowhere", language: .english)
        #expect(nowhere.zoneName == "UTC")
        #expect(chicago.moment(moment) == "24 Nov 2026, 00:00")
        #expect(nowhere.moment(moment) == "24 Nov 2026, 06:00")
        let day = chicago.date(of: moment)
        #expect(spanish.longDay(day) == "24 de noviembre de 2026")
        #expect(chicago.date(of: chicago.moment(on: day, minutes: 90)) == day)
        #expect(chicago.clock(chicago.moment(on: day, minutes: 90)) == "01:30")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import WardRender

@Suite struct CatalogueTests {
    private func catalogue(_ text: String) throws -> Catalogue { try Catalogue(files: ["strings/x.es.txt": text]) }

    @Test func `values are put in by name, and numbers choose between one and many`() throws {
        let words = Words(Catalogue(), .english)
        #expect(words("{name} goes out {time}.", ["name": "Flu", "time": "9:00"]) == "Flu goes out 9:00.")
        let text = "{count} {count|person|people}"
        #expect(words(text, count: 1) == "1 person")
        #expect(words(text, count: 0) == "0 people")
        #expect(words(text, count: 1_204) == "1,204 people")
    }

    @Test func `a value is never read as a place for another`() {
        let words = Words(Catalogue(), .english)
        #expect(words("{a} {b}", ["a": "{b}", "b": "{a}"]) == "{b} {a}")
        #expect(words("{unknown} {", ["a": "x"]) == "{unknown} {")
    }

    @Test func `a line that is no entry is named with its file and line`() {
        for broken in ["# fine\n\nno equals sign", "a = b\n = c\nx", "a = b\nc = "] {
            #expect(throws: CatalogueError.self) { try catalogue(broken) }
        }
        #expect {
            try catalogue("a = b\n\nbroken")
        } throws: { error in
            (error as? CatalogueError)?.description
                == "strings/x.es.txt, line 3: a text is written `English = translation`."
        }
    }

    @Test func `a translation may hold an equals sign, and is known to be one`() throws {
        let words = try catalogue("a = b = c\n")
        #expect(words.text("a", .spanish) == "b = c")
        #expect(words.text("a", .english) == "a")
        #expect(words.isTranslated("a", to: .spanish) && !words.isTranslated("b", to: .spanish))
        #expect(words.isTranslated("b", to: .english))
    }

    @Test(arguments: [
        (nil, Language.english), ("", .english), ("es", .spanish), ("es-MX,es;q=0.9,en;q=0.8", .spanish),
        ("en;q=0.5, es", .spanish), ("es;q=0, en", .english), ("de, fr", .english), ("es;q=x", .spanish),
        (String(repeating: "de,", count: 400) + "es", .english),
    ])
    func `the language follows what the browser asks for`(header: String?, language: Language) {
        #expect(Language(acceptLanguage: header) == language)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Reads the codes that files use for the same few things, in English, German and Spanish.
enum CodeReading {
    /// `female`, `male`, `other` or `unknown`; HL7 administrative sex and what people write.
    static func sex(_ text: String) -> String? {
        switch text.lowercased() {
        case "f", "female", "w", "weiblich", "woman", "mujer", "femenino", "frau", "2": "female"
        case "m", "male", "männlich", "maennlich", "man", "hombre", "masculino", "mann", "1": "male"
        case "o", "other", "d", "divers", "x", "otro", "a", "9": "other"
        case "u", "unknown", "unbekannt", "desconocido", "0": "unknown"
        default: nil
        }
    }

    static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "t", "yes", "y", "1", "ja", "j", "wahr", "si", "sí", "s", "x", "verdadero": true
        case "false", "f", "no", "n", "0", "nein", "falsch", "falso": false
        default: nil
        }
    }

    /// HL7 v3 MaritalStatus, as one word each.
    static func maritalStatus(_ text: String) -> String {
        switch text.lowercased() {
        case "m", "married", "verheiratet", "casado", "casada": "married"
        case "s", "single", "never married", "ledig", "soltero", "soltera": "single"
        case "d", "divorced", "geschieden", "divorciado", "divorciada": "divorced"
        case "w", "widowed", "verwitwet", "viudo", "viuda": "widowed"
        case "l", "separated", "legally separated": "separated"
        case "t", "p", "domestic partner", "partner": "partner"
        case "u", "unknown", "unk": "unknown"
        default: text.lowercased()
        }
    }

    /// The OMB categories as one word each; anything else in lower case.
    static func race(_ text: String) -> String {
        switch text.lowercased() {
        case "black or african american", "2054-5": "black"
        case "american indian or alaska native", "1002-5": "native"
        case "native hawaiian or other pacific islander", "2076-8": "hawaiian"
        case "2106-3": "white"
        case "2028-9": "asian"
        case "other race", "2131-1": "other"
        default: text.lowercased()
        }
    }

    static func ethnicity(_ text: String) -> String {
        switch text.lowercased() {
        case "not hispanic or latino", "non-hispanic", "nonhispanic", "not hispanic", "2186-5": "nonhispanic"
        case "hispanic or latino", "hispanic", "latino", "2135-2": "hispanic"
        default: text.lowercased()
        }
    }

    /// The primary language subtag of BCP 47 (RFC 5646), lower case; names of common languages are known.
    static func language(_ text: String) -> String? {
        let lower = text.lowercased()
        if let known = languages[lower] { return known }
        let primary = lower.prefix { $0 != "-" && $0 != "_" }
        guard (2...3).contains(primary.utf8.count), primary.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else {
            return nil
        }
        return threeLetters[String(primary)] ?? String(primary)
    }

    private static let threeLetters = [
        "eng": "en", "spa": "es", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "zho": "zh", "chi": "zh",
        "por": "pt", "rus": "ru", "ara": "ar", "vie": "vi", "kor": "ko", "ita": "it", "pol": "pl", "tgl": "tl",
    ]
    private static let languages = [
        "english": "en", "englisch": "en", "inglés": "en", "spanish": "es", "spanisch": "es", "español": "es",
        "german": "de", "deutsch": "de", "alemán": "de", "french": "fr", "chinese": "zh", "vietnamese": "vi",
        "korean": "ko", "russian": "ru", "arabic": "ar", "portuguese": "pt", "italian": "it", "polish": "pl",
        "tagalog": "tl", "haitian creole": "ht", "hindi": "hi", "japanese": "ja",
    ]

    /// `0` or `00000`, as exports write an unknown ZIP code.
    static func isZero(_ text: String) -> Bool { text.utf8.count <= 5 && text.utf8.allSatisfy { $0 == 0x30 } }

    /// A US ZIP code: five digits, or nine as `12345-6789`. One that lost its leading zeros is repaired.
    static func zip(_ text: String) -> String? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first, first.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        switch (parts.count, first.utf8.count) {
        case (1, 3...5): return String(repeating: "0", count: 5 - first.utf8.count) + first
        case (1, 8...9):
            let nine = String(repeating: "0", count: 9 - first.utf8.count) + first
            return nine.prefix(5) + "-" + nine.suffix(4)
        case (2, 3...5) where parts[1].utf8.count == 4 && parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }):
            return String(repeating: "0", count: 5 - first.utf8.count) + first + "-" + parts[1]
        default: return nil
        }
    }
}

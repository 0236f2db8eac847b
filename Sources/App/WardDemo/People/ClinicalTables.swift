// Table of data.
// SPDX-License-Identifier: Apache-2.0
//
// Codes: conditions, procedures and encounters SNOMED CT; medications RxNorm; laboratory results LOINC; vaccines CVX.
// How common a condition is follows the order of magnitude of the CDC's published prevalences; it is for a
// demonstration and proves nothing.

/// A code with its words.
struct Coding: Sendable, Hashable {
    var code: String
    var display: String

    init(_ code: String, _ display: String) {
        self.code = code
        self.display = display
    }
}

/// A laboratory test with the usual range of its results in tenths of its unit.
struct LabTest: Sendable {
    var coding: Coding
    var unit: String
    var tenths: ClosedRange<Int>
}

/// A lasting condition, how common it is, and what comes with it.
struct Illness: Sendable {
    var coding: Coding
    /// Of a thousand women, in the ages 0–17, 18–39, 40–59, 60–74, 75 and over.
    var women: [Int]
    var men: [Int]
    var medications: [Coding] = []
    /// Taken about twice a year.
    var labs: [LabTest] = []

    static let a1c = LabTest(
        coding: Coding("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"),
        unit: "%",
        tenths: 58...112
    )
    static let egfr = LabTest(
        coding: Coding("33914-3", "Glomerular filtration rate/1.73 sq M.predicted"),
        unit: "mL/min/{1.73_m2}",
        tenths: 310...590
    )
    static let tsh = LabTest(
        coding: Coding("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"),
        unit: "m[IU]/L",
        tenths: 4...78
    )
    static let psa = LabTest(
        coding: Coding("2857-1", "Prostate specific Ag [Mass/volume] in Serum or Plasma"),
        unit: "ng/mL",
        tenths: 3...96
    )

    static let all: [Illness] = [
        Illness(
            coding: Coding("59621000", "Essential hypertension"),
            women: [1, 60, 270, 560, 720],
            men: [1, 100, 340, 570, 660],
            medications: [
                Coding("314076", "lisinopril 10 MG Oral Tablet"), Coding("197361", "amlodipine 5 MG Oral Tablet"),
                Coding("310798", "hydrochlorothiazide 25 MG Oral Tablet"),
            ]
        ),
        Illness(
            coding: Coding("44054006", "Diabetes mellitus type 2"),
            women: [1, 20, 110, 210, 230],
            men: [1, 25, 130, 240, 250],
            medications: [
                Coding("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet"),
                Coding("106892", "insulin isophane, human 70 UNT/ML / insulin, regular, human 30 UNT/ML [Humulin]"),
            ],
            labs: [a1c]
        ),
        Illness(
            coding: Coding("15777000", "Prediabetes"),
            women: [2, 130, 250, 280, 260],
            men: [2, 150, 270, 290, 260],
            labs: [
                LabTest(coding: a1c.coding, unit: "%", tenths: 57...64)
            ]
        ),
        Illness(
            coding: Coding("55822004", "Hyperlipidemia"),
            women: [1, 50, 230, 430, 440],
            men: [1, 80, 300, 430, 400],
            medications: [
                Coding("617310", "atorvastatin 20 MG Oral Tablet"), Coding("312961", "simvastatin 20 MG Oral Tablet"),
            ]
        ),
        Illness(
            coding: Coding("195967001", "Asthma"),
            women: [75, 95, 110, 100, 80],
            men: [85, 60, 55, 55, 50],
            medications: [Coding("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler")]
        ),
        Illness(
            coding: Coding("13645005", "Chronic obstructive lung disease"),
            women: [0, 3, 55, 120, 140],
            men: [0, 3, 45, 110, 140]
        ),
        Illness(
            coding: Coding("53741008", "Coronary arteriosclerosis"),
            women: [0, 2, 35, 110, 210],
            men: [0, 5, 65, 200, 300],
            medications: [
                Coding("243670", "aspirin 81 MG Oral Tablet"),
                Coding("866412", "24 HR metoprolol succinate 100 MG Extended Release Oral Tablet"),
            ]
        ),
        Illness(
            coding: Coding("88805009", "Chronic congestive heart failure"),
            women: [0, 1, 10, 45, 120],
            men: [0, 2, 15, 65, 130],
            medications: [Coding("313988", "furosemide 40 MG Oral Tablet")]
        ),
        Illness(
            coding: Coding("49436004", "Atrial fibrillation"),
            women: [0, 1, 10, 50, 130],
            men: [0, 2, 20, 80, 160],
            medications: [Coding("855332", "warfarin sodium 5 MG Oral Tablet")]
        ),
        Illness(
            coding: Coding("396275006", "Osteoarthritis"),
            women: [0, 15, 160, 390, 480],
            men: [0, 15, 120, 270, 350]
        ),
        Illness(
            coding: Coding("64859006", "Osteoporosis"),
            women: [0, 2, 50, 240, 340],
            men: [0, 1, 10, 40, 90],
            medications: [Coding("904419", "alendronic acid 10 MG Oral Tablet")]
        ),
        Illness(
            coding: Coding("370143000", "Major depressive disorder"),
            women: [35, 120, 110, 80, 60],
            men: [20, 70, 60, 45, 40],
            medications: [
                Coding("312941", "sertraline 50 MG Oral Tablet"), Coding("310385", "fluoxetine 20 MG Oral Capsule"),
            ]
        ),
        Illness(
            coding: Coding("197480006", "Anxiety disorder"),
            women: [60, 170, 140, 100, 70],
            men: [40, 90, 80, 55, 40]
        ),
        Illness(
            coding: Coding("162864005", "Body mass index 30+ - obesity"),
            women: [120, 330, 400, 400, 300],
            men: [130, 320, 410, 390, 280]
        ),
        Illness(
            coding: Coding("40930008", "Hypothyroidism"),
            women: [4, 40, 110, 170, 190],
            men: [2, 8, 25, 55, 80],
            labs: [tsh]
        ),
        Illness(
            coding: Coding("235595009", "Gastroesophageal reflux disease"),
            women: [10, 80, 170, 220, 210],
            men: [10, 80, 160, 190, 180],
            medications: [Coding("198051", "omeprazole 20 MG Delayed Release Oral Capsule")]
        ),
        Illness(coding: Coding("37796009", "Migraine"), women: [40, 220, 190, 80, 40], men: [30, 80, 70, 35, 20]),
        Illness(
            coding: Coding("24079001", "Atopic dermatitis"),
            women: [120, 70, 60, 50, 40],
            men: [120, 55, 50, 45, 40]
        ),
        Illness(
            coding: Coding("433144002", "Chronic kidney disease stage 3"),
            women: [0, 5, 45, 160, 320],
            men: [0, 4, 40, 150, 300],
            labs: [egfr]
        ),
        Illness(
            coding: Coding("254837009", "Malignant neoplasm of breast"),
            women: [0, 2, 20, 45, 55],
            men: [0, 0, 0, 1, 1]
        ),
        Illness(
            coding: Coding("399068003", "Malignant tumor of prostate"),
            women: [0, 0, 0, 0, 0],
            men: [0, 0, 8, 55, 90],
            labs: [psa]
        ),
        Illness(
            coding: Coding("266569009", "Benign prostatic hyperplasia"),
            women: [0, 0, 0, 0, 0],
            men: [0, 3, 110, 390, 560]
        ),
        Illness(
            coding: Coding("26929004", "Alzheimer's disease"),
            women: [0, 0, 1, 20, 150],
            men: [0, 0, 1, 16, 120],
            medications: [Coding("996740", "memantine hydrochloride 2 MG/ML Oral Solution")]
        ),
        Illness(
            coding: Coding("449868002", "Smokes tobacco daily"),
            women: [2, 95, 120, 90, 35],
            men: [3, 130, 150, 110, 45]
        ),
    ]
}

/// What passes: a code and the ages in which it is usual.
enum Episodes {
    static let passing = [
        Coding("444814009", "Viral sinusitis"), Coding("195662009", "Acute viral pharyngitis"),
        Coding("10509002", "Acute bronchitis"), Coding("65363002", "Otitis media"),
        Coding("44465007", "Sprain of ankle"),
    ]
    static let pregnancy = Coding("72892002", "Normal pregnancy")
    static let amoxicillin = Coding("308192", "amoxicillin 500 MG Oral Tablet")
    static let ibuprofen = Coding("310965", "ibuprofen 200 MG Oral Tablet")

    static let checkUp = Coding("162673000", "General examination of patient")
    static let wellChild = Coding("410620009", "Well child visit")
    static let symptom = Coding("185345009", "Encounter for symptom")
    static let followUp = Coding("390906007", "Follow-up encounter")
    static let emergency = Coding("50849002", "Emergency room admission")
    static let prenatal = Coding("424441002", "Prenatal initial visit")

    static let mammography = Coding("71651007", "Mammography")
    static let colonoscopy = Coding("73761001", "Colonoscopy")
    static let cervicalScreening = Coding("171149006", "Screening for malignant neoplasm of cervix")
    static let appendectomy = Coding("80146002", "Appendectomy")
    static let cholecystectomy = Coding("38102005", "Cholecystectomy")
    static let hipReplacement = Coding("52734007", "Total replacement of hip")
    static let kneeReplacement = Coding("609588000", "Total knee replacement")
    static let cesarean = Coding("11466000", "Cesarean section")
    static let reconciliation = Coding("430193006", "Medication reconciliation")

    static let cholesterol = LabTest(
        coding: Coding("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"),
        unit: "mg/dL",
        tenths: 1_380...2_750
    )
    static let bodyMassIndex = LabTest(
        coding: Coding("39156-5", "Body mass index (BMI) [Ratio]"),
        unit: "kg/m2",
        tenths: 185...298
    )
    static let systolic = LabTest(
        coding: Coding("8480-6", "Systolic blood pressure"),
        unit: "mm[Hg]",
        tenths: 1_040...1_620
    )

    static let influenza = Coding("140", "Influenza, seasonal, injectable, preservative free")
    static let covid = Coding("208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose")
    static let tetanus = Coding("115", "Tdap")
    static let zoster = Coding("187", "Zoster recombinant")
    static let pneumococcal = Coding("33", "Pneumococcal polysaccharide PPV23")
    static let papilloma = Coding("165", "HPV9")
    /// A vaccine, and the months of age at which its doses are due.
    static let childhood: [(Coding, [Int])] = [
        (Coding("20", "DTaP"), [2, 4, 6, 15, 48]), (Coding("10", "IPV"), [2, 4, 6, 48]),
        (Coding("08", "Hep B, adolescent or pediatric"), [0, 1, 6]),
        (Coding("133", "Pneumococcal conjugate PCV 13"), [2, 4, 6, 12]),
        (Coding("03", "MMR"), [12, 48]), (Coding("21", "Varicella"), [12, 48]),
        (Coding("83", "Hep A, ped/adol, 2 dose"), [12, 18]),
    ]

    /// Codes of the clinic's own book.
    static let appointments = [
        Coding("PRIMARY", "Primary care visit"), Coding("FOLLOWUP", "Follow-up visit"),
        Coding("LAB", "Laboratory visit"),
        Coding("DENTAL", "Dental cleaning"), Coding("PHYSIO", "Physiotherapy"),
        Coding("BEHAVE", "Behavioral health visit"),
    ]
    static let purchases: [(Coding, ClosedRange<Int>)] = [
        (Coding("SKU-1001", "Blood pressure monitor"), 3_900...8_900),
        (Coding("SKU-1002", "Compression stockings"), 1_900...4_500),
        (Coding("SKU-1003", "Vitamin D3 1000 IU"), 700...1_900),
        (Coding("SKU-1004", "Glucose test strips"), 1_500...5_200),
        (Coding("SKU-1005", "Wellness class, eight weeks"), 6_000...12_000),
    ]
}

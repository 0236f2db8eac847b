// SPDX-License-Identifier: Apache-2.0

/// What column names of exports mean: Synthea, common EHR exports, and German and Spanish lists. Names are compared
/// folded: lower case, letters and digits only, accents stripped.
enum HeaderNames {
    static func attribute(for header: String) -> AttributeName? { attributes[CellText.folded(header)] }

    static func recordField(for header: String) -> RecordField? { fields[CellText.folded(header)] }

    /// Identifiers that are not needed to write to people: skipped unless someone maps them (45 CFR 164.502(b)).
    static func isNeedless(_ header: String) -> Bool { needless.contains(CellText.folded(header)) }

    private static func table<Value>(_ lines: [(Value, String)]) -> [String: Value] {
        var result: [String: Value] = [:]
        for (value, words) in lines {
            for word in words.split(separator: " ") { result[String(word)] = value }
        }
        return result
    }

    private static let attributes = table([
        (
            AttributeName.recordNumber,
            "id mrn patient patientid patientnumber recordnumber medicalrecordnumber medrecno chartnumber chartno pid "
                + "externalid memberid subscriberid accountnumber epicid enterpriseid patientennummer patientenid "
                + "patientennr fallnummer versichertennummer historiaclinica nhc numerodepaciente idpaciente kennung"
        ),
        (.prefix, "prefix title salutation nameprefix anrede titel tratamiento titulo"),
        (.givenName, "first firstname givenname given forename fname patientfirstname vorname rufname nombre nombres"),
        (
            .familyName,
            "last lastname surname familyname family lname patientlastname name nachname familienname apellido apellidos"
        ),
        (.suffix, "suffix namesuffix sufijo namenszusatz"),
        (
            .birthDate,
            "birthdate dateofbirth dob birthday bday birth patientdob geburtsdatum geburtstag gebdatum gebdat "
                + "fechadenacimiento fechanacimiento nacimiento fnac"
        ),
        (
            .deathDate,
            "deathdate dateofdeath dod deceaseddate deceased sterbedatum todesdatum verstorben fechadefuncion "
                + "fechadefallecimiento"
        ),
        (.sex, "sex gender administrativesex birthsex geschlecht sexo genero"),
        (
            .language,
            "language preferredlanguage lang primarylanguage sprache muttersprache bevorzugtesprache idioma lengua"
        ),
        (
            .email,
            "email emailaddress mail eaddress patientemail primaryemail emailadresse mailadresse correo "
                + "correoelectronico"
        ),
        (
            .phone,
            "phone phonenumber telephone tel mobile mobilephone cell cellphone homephone primaryphone telefon "
                + "telefonnummer handy mobil mobiltelefon telefono movil celular"
        ),
        (
            .address,
            "address address1 addressline1 street streetaddress homeaddress adresse anschrift strasse "
                + "strasseundhausnummer direccion calle domicilio"
        ),
        (.city, "city town municipality ort stadt wohnort ciudad localidad municipio"),
        (.state, "state province region statecode bundesland estado provincia"),
        (.county, "county landkreis kreis condado"),
        (.zip, "zip zipcode postalcode postcode zip5 plz postleitzahl codigopostal cp"),
        (.country, "country countrycode nation land pais"),
        (.race, "race omrace rasse raza"),
        (.ethnicity, "ethnicity ethnicgroup ethnizitat etnia"),
        (.maritalStatus, "marital maritalstatus familienstand estadocivil"),
        (.education, "education educationlevel bildung educacion"),
        (.employment, "employment employer occupation employmentstatus beruf arbeitgeber empleo ocupacion profesion"),
        (.income, "income annualincome householdincome einkommen ingresos"),
        (
            .insurance,
            "insurance payer insurer primaryinsurance insurancename healthplan versicherung krankenkasse seguro "
                + "aseguradora"
        ),
        (.religion, "religion religiousaffiliation konfession"),
        (.timeZone, "timezone tz zeitzone zonahoraria"),
    ])

    private static let fields = table([
        (
            RecordField.recordNumber,
            "patient patientid mrn recordnumber medicalrecordnumber subject person patientnumber pid patientennummer "
                + "idpaciente"
        ),
        (
            .start,
            "start date startdate onset onsetdate startdatetime effectivedate performeddate servicedate visitdate "
                + "appointmentdate admissiondate purchasedate recordeddate datum beginn fecha fechainicio"
        ),
        (.end, "stop end enddate stopdate resolveddate abatement dischargedate ende fechafin"),
        (.code, "code diagnosiscode procedurecode icd10 icd10code snomed cpt loinc cvx rxnorm ndc sku kode codigo"),
        (
            .display,
            "description display name diagnosis procedure medication vaccine test product beschreibung bezeichnung "
                + "descripcion"
        ),
        (.status, "status state appointmentstatus estado"),
        (.value, "value result amount quantity wert ergebnis valor resultado"),
        (.unit, "unit units uom einheit unidad"),
    ])

    private static let needless: Set<String> = [
        "ssn", "socialsecuritynumber", "socialsecurity", "drivers", "driverslicense", "driverslicensenumber",
        "passport", "passportnumber", "lat", "lon", "latitude", "longitude", "sozialversicherungsnummer", "dni",
        "encounter", "basecost", "payercoverage", "reasoncode", "reasondescription", "wardreason", "wardrow",
    ]

    /// The kind of record that a file's name tells: `conditions.csv`.
    static func recordKind(inFileName name: String) -> DatedRecordKind? {
        let folded = CellText.folded(name)
        let words: [(String, DatedRecordKind)] = [
            ("condition", .condition), ("diagnos", .condition), ("problem", .condition), ("medication", .medication),
            ("prescription", .medication), ("procedure", .procedure), ("observation", .lab), ("lab", .lab),
            ("result", .lab), ("immuni", .immunization), ("vaccin", .immunization), ("impfung", .immunization),
            ("encounter", .encounter), ("visit", .encounter), ("appointment", .appointment), ("termin", .appointment),
            ("purchase", .purchase), ("order", .purchase),
        ]
        return words.first { folded.contains($0.0) }?.1
    }
}

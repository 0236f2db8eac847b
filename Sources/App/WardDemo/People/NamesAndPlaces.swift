// Table of data.
// SPDX-License-Identifier: Apache-2.0

/// A background that names, languages and the categories of the Census go with.
struct Background: Sendable {
    var weight: Int
    var race: String
    var ethnicity: String
    var women: [String]
    var men: [String]
    var families: [String]
    var languages: [(String, Int)]
    var religions: [String]

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    static let all: [Background] = [
        Background(
            weight: 58,
            race: "white",
            ethnicity: "nonhispanic",
            women: words(
                "Emma Olivia Sarah Jessica Emily Karen Linda Barbara Susan Margaret Dorothy Helen Nancy Betty Amanda "
                    + "Rachel Megan Laura Katherine Heather Hannah Abigail Grace Claire Julie Diane Carol Ruth Joan Zoë"
            ),
            men: words(
                "James Robert John Michael William David Richard Thomas Charles Daniel Matthew Mark Paul Steven Kevin "
                    + "Brian Ryan Jacob Noah Ethan Logan Owen Henry Walter Harold Frank Gerald Wayne Scott René"
            ),
            families: words(
                "Smith Johnson Miller Davis Anderson Wilson Moore Taylor Thompson Clark Lewis Walker Hall Young Wright "
                    + "Hill Baker Nelson Carlson Olson Schmidt Kowalski Novak Murphy Sullivan O'Brien Russo Fischer "
                    + "Larsen Peters Hughes Foster Bennett Reed Coleman Brandt Müller MacDonald Van-Dyke Dubois"
            ),
            languages: [("en", 970), ("pl", 12), ("ru", 8), ("de", 6), ("fr", 4)],
            religions: ["Catholic", "Lutheran", "Methodist", "Baptist", "Jewish", "None"]
        ),
        Background(
            weight: 19,
            race: "white",
            ethnicity: "hispanic",
            women: words(
                "María Guadalupe Sofía Isabella Camila Valentina Lucía Ana Rosa Carmen Elena Gabriela Daniela Mariana "
                    + "Ximena Juana Teresa Adriana Verónica Inés"
            ),
            men: words(
                "José Juan Luis Carlos Miguel Alejandro Diego Mateo Santiago Javier Jesús Antonio Francisco Andrés "
                    + "Ricardo Héctor Ramón Emilio Óscar Raúl"
            ),
            families: words(
                "García Rodríguez Martínez Hernández López González Pérez Sánchez Ramírez Torres Flores Rivera Gómez "
                    + "Díaz Cruz Morales Reyes Ortiz Gutiérrez Chávez Ramos Ruiz Mendoza Núñez Peña"
            ),
            languages: [("es", 560), ("en", 440)],
            religions: ["Catholic", "Catholic", "Pentecostal", "None"]
        ),
        Background(
            weight: 13,
            race: "black",
            ethnicity: "nonhispanic",
            women: words(
                "Aaliyah Imani Jasmine Keisha Latoya Monique Tamika Ebony Nia Simone Gloria Denise Yvonne Brenda "
                    + "Makayla Destiny Kiara Amara Zora Ngozi"
            ),
            men: words(
                "Jamal Malik Darnell Terrence Andre Marcus Isaiah Elijah Xavier DeShawn Tyrone Reginald Curtis Cedric "
                    + "Jalen Kwame Langston Desmond Maurice Trevon"
            ),
            families: words(
                "Washington Jefferson Jackson Robinson Harris Banks Booker Williams Brown Jones Gaines Dorsey Mosley "
                    + "Hairston Bolden Okafor Adeyemi Mensah Toussaint Charles"
            ),
            languages: [("en", 950), ("fr", 25), ("ht", 25)],
            religions: ["Baptist", "Methodist", "Pentecostal", "Muslim", "None"]
        ),
        Background(
            weight: 7,
            race: "asian",
            ethnicity: "nonhispanic",
            women: words(
                "Mei Li Xiu Priya Ananya Lakshmi Linh Thuy Mai Jisoo Minji Soo-Jin Maria-Luz Angelica Yuki Sakura Hina "
                    + "Wei Fang Kavya"
            ),
            men: words(
                "Wei Jun Ming Arjun Rahul Sanjay Duc Minh Tuan Min-Jun Hyun Jae Rommel Kenji Hiroshi Chen Hao Vikram "
                    + "Bao Ravi"
            ),
            families: words(
                "Wang Li Chen Zhang Liu Patel Sharma Gupta Singh Rao Nguyen Tran Le Pham Kim Park Lee Choi Santos Reyes "
                    + "Tanaka Sato Yamamoto Wong Das"
            ),
            languages: [("en", 600), ("zh", 160), ("vi", 100), ("ko", 60), ("hi", 40), ("tl", 40)],
            religions: ["Buddhist", "Hindu", "Catholic", "Sikh", "None", "None"]
        ),
        Background(
            weight: 2,
            race: "native",
            ethnicity: "nonhispanic",
            women: words("Winona Aiyana Kaya Sarah Dakota Nita Tala Mary Rosebud Leotie"),
            men: words("Joseph Takoda Elan Chayton Raymond Dakota Vernon Wesley Leonard Ahanu"),
            families: words("Begay Yazzie Tsosie Benally Whitehorse Redcloud LaDuke Blackbear Peltier Two-Rivers"),
            languages: [("en", 1_000)],
            religions: ["None", "Catholic", "Native American Church"]
        ),
        Background(
            weight: 1,
            race: "other",
            ethnicity: "nonhispanic",
            women: words("Fatima Layla Noor Yasmin Mariam Amina Zahra Leila Hana Samira"),
            men: words("Omar Ali Hassan Yusuf Ibrahim Karim Tariq Khalil Samir Mahmoud"),
            families: words("Haddad Khoury Nasser Mansour Rahman Ahmadi Hosseini Aziz Farah Abdi"),
            languages: [("en", 550), ("ar", 450)],
            religions: ["Muslim", "Muslim", "Orthodox", "None"]
        ),
    ]
}

/// A town that does not exist, in a ZIP area that looks like its neighbours'.
struct Town: Sendable {
    var weight: Int
    var city: String
    var state: String
    var county: String
    var zips: [String]
    var areaCodes: [String]

    static let all: [Town] = [
        Town(
            weight: 30,
            city: "Lakeside Falls",
            state: "IL",
            county: "Marlow County",
            zips: ["60981", "60982", "60983", "60984"],
            areaCodes: ["217", "309"]
        ),
        Town(
            weight: 16,
            city: "Harrow Mills",
            state: "IL",
            county: "Marlow County",
            zips: ["60991", "60992"],
            areaCodes: ["309"]
        ),
        Town(
            weight: 12,
            city: "Port Ellery",
            state: "WI",
            county: "Ellery County",
            zips: ["53197", "53198"],
            areaCodes: ["262"]
        ),
        Town(
            weight: 10,
            city: "New Bristow",
            state: "IN",
            county: "Dunmore County",
            zips: ["46398"],
            areaCodes: ["219"]
        ),
        Town(weight: 9, city: "St. Odile", state: "IL", county: "Marlow County", zips: ["60995"], areaCodes: ["217"]),
        Town(weight: 8, city: "Cedar Notch", state: "WI", county: "Ellery County", zips: ["53199"], areaCodes: ["608"]),
        Town(
            weight: 6,
            city: "Millbrook Junction",
            state: "IN",
            county: "Dunmore County",
            zips: ["46399"],
            areaCodes: ["574"]
        ),
        Town(
            weight: 5,
            city: "Prairie Vale",
            state: "IL",
            county: "Tamsin County",
            zips: ["61999"],
            areaCodes: ["618"]
        ),
        Town(weight: 2, city: "Cañon Alto", state: "IL", county: "Tamsin County", zips: ["61998"], areaCodes: ["618"]),
        Town(
            weight: 2,
            city: "East Wexcombe",
            state: "MA",
            county: "Wexcombe County",
            zips: ["01099", "02199"],
            areaCodes: ["413"]
        ),
    ]

    static let streets = [
        "Maple Street", "Oak Avenue", "Lakeview Drive", "Elm Street", "Washington Street", "Church Road", "Mill Lane",
        "Harbor Way", "Prairie Road", "Cedar Court", "Lincoln Avenue", "Willow Bend", "Second Street",
        "Orchard Hill Road",
        "River Road", "Sunset Boulevard", "Pine Ridge Drive", "College Avenue", "Depot Street", "Meadow Lane",
    ]
}

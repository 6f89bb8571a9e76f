/// Given and family names that are common in one language, written in its script.
struct NameList: Sendable {
    /// The script after ISO 15924.
    let script: String
    /// The language after BCP 47.
    let language: String
    let given: [String]
    let family: [String]

    /// A list from two lines of names separated by spaces; a middle dot stands for a space inside a name.
    init(_ script: String, _ language: String, given: String, family: String) {
        self.script = script
        self.language = language
        self.given = NameList.words(given)
        self.family = NameList.words(family)
    }

    private static func words(_ line: String) -> [String] {
        line.split(separator: " ").map { String($0.map { $0 == "·" ? " " : $0 }) }
    }

    static let all: [NameList] = latin + others

    /// Latin script with the letters that break careless programs: ø, ł, ı, ß, þ, apostrophes, hyphens, particles.
    private static let latin = [
        NameList(
            "Latn", "de", given: "Jürgen Käthe Björn Änne Günther Maren Sören Hannelore Jörg Lieselotte",
            family:
                "Müller-Lüdenscheid Groß von·der·Aue Schäfer Köhler Weißbrodt zu·Löwenfeld Jäger Strößner Brüggemann"),
        NameList(
            "Latn", "pl", given: "Łukasz Małgorzata Michał Agnieszka Stanisław Żaneta Świętosława Błażej Róża Jędrzej",
            family: "Wójcik Brzęczyszczewski Dąbrowska Śliwiński Żółtek Kozłowska Gąsior Świątek Krępa Łącki"),
        NameList(
            "Latn", "is", given: "Þórður Guðrún Sæmundur Ásdís Höskuldur Þóra Ægir Björk Örn Sigríður",
            family: "Ásgeirsson Þorláksdóttir Sæmundsson Björnsdóttir Hjálmarsson Eiríksdóttir Össurarson Guðnadóttir"),
        NameList(
            "Latn", "tr", given: "İbrahim Çağla Işıl Gökhan Şebnem Özgür Iraz Yiğit Müjgân İpek",
            family: "Yıldırım Çelik Öztürk Şahin Kılıç Güneş Ağaoğlu İnan Çağlayan Işık"),
        NameList(
            "Latn", "cs", given: "Jiří Růžena Václav Kateřina Ondřej Zdeňka Řehoř Božena Štěpán Květa",
            family: "Dvořáková Šimůnek Černý Němcová Krůta Říha Žižková Havlíček Přibyl Ťoupal"),
        NameList(
            "Latn", "fr", given: "Zoé Jean-Noël Maëlys François Hélène Gaël Anaïs Benoît Chloé Loïc",
            family: "L'Hôte Lefèvre d'Aubigné Béranger Saint-Aÿ Garçon De·la·Tour Crépeau Noël Châtelain"),
        NameList(
            "Latn", "en", given: "Siobhán Alex Maeve Rhys Imogen Nia Callum Wren Idris Tamsin",
            family: "O'Malley Ng Featherstonehaugh D'Arcy Smith-Jones St·John McAllister Pugh Null Ó·Briain"),
        NameList(
            "Latn", "es", given: "Íñigo María·José Begoña Ángel Núria Joaquín Sofía Óscar Inés Martín",
            family: "Núñez·Ibáñez Muñoz·y·Peña Güell Etxeberría López·de·Haro Ordóñez Zúñiga Yáñez Páez Carreño"),
        NameList(
            "Latn", "vi",
            given: "Thị·Hồng·Nhung Văn·Đức Ngọc·Ánh Quốc·Bảo Thùy·Dương Hữu·Phước Mỹ·Lệ Đình·Trọng Kiều·Diễm Tuấn·Kiệt",
            family: "Nguyễn Trần Lê Phạm Huỳnh Võ Đặng Bùi Đỗ Ngô"),
    ]

    private static let others = [
        NameList(
            "Cyrl", "ru", given: "Фёдор Любовь Семён Ксения Пётр Ольга Игнатий Надежда Артём Юлия",
            family: "Щукин Журавлёва Ельцов Соловьёва Цветаев Хвостова Мягков Эрнст Подъячев Юшкова"),
        NameList(
            "Cyrl", "uk", given: "Ївга Ґеорґій Соломія Євген Мар'яна Святослав Злата Ярема Одарка Юрій",
            family: "Ґалаґан Єфименко Їжак Шевчук Під'яблонський Кравець Щербань Ющенко Дзюба Лук'яненко"),
        NameList(
            "Grek", "el", given: "Ελένη Γιώργος Αθηνά Θανάσης Χρυσούλα Ιάσονας Όλγα Σωτήρης Ευδοξία Ξενοφών",
            family: "Παπαδημητρίου Ψαρρά Ξυλούρης Ζαΐμη Αγγελής Μαΐστρου Θεοχάρης Ρήγα Χατζής Ωραιόπουλος"),
        NameList(
            "Arab", "ar", given: "ليلى يوسف فاطمة عبد·الرحمن نور هاشم مريم إدريس رُقيّة طارق",
            family: "الخطيب حدّاد بن·سعيد النجّار أبو·زيد القاضي الشامي مراكشي العطّار صبّاغ"),
        NameList(
            "Hebr", "he", given: "שירה יונתן נועה אליעזר תמר גדעון רחל דוד מיכל אורי",
            family: "בן־דוד כהנא לוינסון צוקרמן אבוטבול פרץ רוזנשטיין מזרחי גולן שחר"),
        NameList(
            "Deva", "hi", given: "प्रिया अर्जुन लक्ष्मी ऋषि कृष्णा श्रुति विक्रम ज्योति सिद्धार्थ मीनाक्षी",
            family: "शर्मा त्रिपाठी मिश्रा चतुर्वेदी क्षत्रिय वर्मा द्विवेदी जोशी अग्निहोत्री श्रीवास्तव"),
        NameList(
            "Hans", "zh", given: "小明 雅婷 子轩 梦瑶 国强 晓雯 志远 婉清 龘 欣怡",
            family: "王 李 欧阳 陈 司马 赵 诸葛 周 吴 仇"),
        NameList(
            "Kana", "ja", given: "さくら タカシ ゆう ミドリ ひろし アヤカ けんじ ユリエ あおい ジュン",
            family: "サトウ すずき タカハシ わたなべ ヤマモト なかむら コバヤシ いのうえ ヅカモト おがわ"),
        NameList(
            "Hang", "ko", given: "민준 서연 지후 하은 도윤 수아 예준 지우 현우 채원",
            family: "김 이 박 최 정 강 남궁 황보 선우 제갈"),
    ]
}

"""Who asks for a person is recognised in every language, and who only mentions people is not."""

from __future__ import annotations

import pytest

from assistant.languages import load_languages
from assistant.wishes import Wishes

ASKS: dict[str, tuple[str, ...]] = {
    "en": (
        "I want to talk to somebody",
        "Can I speak with a real person?",
        "please connect me to an advisor",
        "I need a human, not a robot",
        "can i chat with someone from the city",
        "Human please",
    ),
    "fi": (
        "Haluan puhua ihmisen kanssa",
        "Voinko jutella jonkun kanssa?",
        "Yhdistäisitkö minut neuvojalle",
        "haluaisin neuvojan kanssa keskustella",
        "Saisinko oikean ihmisen",
        "Ihminen, kiitos",
    ),
    "sv": (
        "Jag vill prata med någon",
        "Kan jag tala med en riktig människa?",
        "Koppla mig till en rådgivare",
        "jag behöver en människa, inte en robot",
        "Kan jag chatta med en rådgivare",
        "Rådgivare tack",
    ),
    "ru": (
        "Я хочу поговорить с человеком",
        "Можно поговорить с кем-нибудь?",
        "Соедините меня с консультантом",
        "Нужен живой человек, а не робот",
        "хочу связаться с сотрудником",
        "Оператор!",
    ),
    "uk": (
        "Я хочу поговорити з людиною",
        "Можна поговорити з кимось?",
        "З'єднайте мене з консультантом",
        "Потрібна жива людина, а не робот",
        "хочу зв'язатися з працівником",
        "Оператор!",
    ),
    "ar": (
        "أريد التحدث مع شخص",
        "هل يمكنني أن أتكلم مع موظف؟",
        "بدي احكي مع حدا",
        "حولني إلى مستشار من فضلك",
        "أريد إنسانا وليس آلة",
        "هل يوجد شخص حقيقي؟",
    ),
    "fa": (
        "می‌خواهم با یک نفر صحبت کنم",
        "میتونم با انسان واقعی حرف بزنم؟",
        "لطفاً مرا به مشاور وصل کنید",
        "با یک کارمند صحبت کنم",
        "مشاور می‌خواهم",
        "آدم واقعی هست؟",
    ),
    "so": (
        "Waxaan rabaa inaan qof la hadlo",
        "Ma la hadli karaa qof dhab ah?",
        "Fadlan igu xir lataliye",
        "lataliye ayaan u baahanahay",
        "waxaan doonayaa qof, maaha robot",
        "Lataliye!",
    ),
    "sq": (
        "Dua të flas me dikë",
        "A mund të flas me një njeri?",
        "Ju lutem më lidhni me një këshilltar",
        "Dua një njeri, jo robot",
        "mund te flas me nje punonjes",
        "Këshilltar!",
    ),
    "et": (
        "Ma tahan inimesega rääkida",
        "Kas ma saaksin kellegagi rääkida?",
        "Palun ühendage mind nõustajaga",
        "Vajan inimest, mitte robotit",
        "soovin vestelda päris inimesega",
        "Nõustaja palun",
    ),
    "zh": (
        "我想和人说话",
        "可以跟真人聊吗？",
        "请转人工",
        "我要找工作人员谈谈",
        "请帮我联系顾问",
        "我不想和机器人说话",
    ),
    "fr": (
        "Je veux parler à quelqu'un",
        "Puis-je parler avec une vraie personne ?",
        "Mettez-moi en contact avec un conseiller",
        "J'ai besoin d'un humain, pas d'un robot",
        "je voudrais discuter avec un conseiller",
        "Conseiller !",
    ),
    "es": (
        "Quiero hablar con alguien",
        "¿Puedo hablar con una persona real?",
        "Páseme con un asesor, por favor",
        "Necesito un humano, no un robot",
        "quisiera chatear con una persona",
        "¡Asesor!",
    ),
    "vi": (
        "Tôi muốn nói chuyện với người thật",
        "Tôi có thể nói chuyện với ai đó không?",
        "Làm ơn chuyển tôi tới nhân viên",
        "Tôi cần gặp tư vấn viên",
        "toi muon noi chuyen voi nhan vien",
        "Tư vấn viên!",
    ),
    "tr": (
        "Biriyle konuşmak istiyorum",
        "Gerçek bir insanla görüşebilir miyim?",
        "Beni bir danışmana bağlayın",
        "danışman istiyorum",
        "İnsan istiyorum, robot değil",
        "Bir görevli ile görüşmek istiyorum",
    ),
    "ku": (
        "Ez dixwazim bi kesekî re biaxivim",
        "Ez dikarim bi mirovekî rastîn re biaxivim?",
        "Ji kerema xwe min bi şêwirmendekî re girêbidin",
        "mirovekî dixwazim, ne robot",
        "ez dixwazim bi karmendekî re bipeyivim",
        "Şêwirmend!",
    ),
}
"""Asked for a person, in several wordings."""

MENTIONS: dict[str, tuple[str, ...]] = {
    "en": (
        "Where can I practise speaking Finnish with people?",
        "How do I talk to my child's teacher?",
        "Can a person without a job study?",
        "Where are human rights explained?",
        "I want to talk to people in Finnish to learn it",
    ),
    "fi": (
        "Missä voin puhua suomea jonkun kanssa?",
        "Voinko puhua opettajan kanssa lapseni koulusta?",
        "Saako työtön ihminen opiskella?",
        "Kuinka moni ihminen asuu Espoossa?",
        "Miten löydän ystävän?",
    ),
    "sv": (
        "Var kan jag öva på att prata med finländare?",
        "Kan jag tala med lärarens rektor?",
        "Får en arbetslös person studera?",
        "Jag vill prata svenska med andra",
        "Hur många människor bor i Esbo?",
    ),
    "ru": (
        "Где можно говорить по-фински с людьми?",
        "Сколько человек живёт в Эспоо?",
        "Может ли безработный человек учиться?",
        "Как поговорить с учителем ребёнка?",
        "Где практиковать финский язык?",
    ),
    "uk": (
        "Де можна говорити фінською з людьми?",
        "Скільки людей живе в Еспоо?",
        "Чи може безробітна людина вчитися?",
        "Як поговорити з учителем дитини?",
        "Де практикувати фінську мову?",
    ),
    "ar": (
        "أين يمكنني التحدث بالفنلندية مع الناس؟",
        "كيف أتحدث مع معلم طفلي؟",
        "هل يستطيع شخص عاطل عن العمل أن يدرس؟",
        "أريد أن أعمل موظفا في البلدية",
        "كم شخصا يعيش في إسبو؟",
    ),
    "fa": (
        "کجا می‌توانم با مردم فنلاندی صحبت کنم؟",
        "چطور با معلم فرزندم صحبت کنم؟",
        "آیا فرد بیکار می‌تواند درس بخواند؟",
        "چند نفر در اسپو زندگی می‌کنند؟",
        "حقوق انسان چیست؟",
    ),
    "so": (
        "Xaggee kaga hadli karaa af-finnish qof?",
        "Sideen ula hadlaa macallinka ilmahayga?",
        "Qof shaqo la'aan ah ma baran karaa?",
        "Imisa qof ayaa Espoo ku nool?",
        "Xaggee laga helaa koorso finnish ah?",
    ),
    "sq": (
        "Ku mund të flas finlandisht me njerëz?",
        "Si të flas me mësuesin e fëmijës?",
        "A mund të studiojë një person i papunë?",
        "Sa njerëz jetojnë në Espoo?",
        "Ku mund të ushtroj gjuhën me dikë?",
    ),
    "et": (
        "Kus saab soome keelt kellegagi rääkida?",
        "Kuidas rääkida lapse õpetajaga?",
        "Kas töötu inimene võib õppida?",
        "Mitu inimest elab Espoos?",
        "Kus ma saan soome keeles vestelda?",
    ),
    "zh": (
        "哪里可以和芬兰人练习说话？",
        "怎么和孩子的老师沟通？",
        "失业的人可以学习吗？",
        "埃斯波有多少人？",
        "什么是人工智能？",
    ),
    "fr": (
        "Où puis-je pratiquer le finnois avec quelqu'un ?",
        "Comment parler au professeur de mon enfant ?",
        "Une personne sans emploi peut-elle étudier ?",
        "Combien de personnes vivent à Espoo ?",
        "Quels sont les droits humains ?",
    ),
    "es": (
        "¿Dónde puedo practicar finés con alguien?",
        "¿Cómo hablo con el profesor de mi hijo?",
        "¿Puede estudiar una persona sin trabajo?",
        "¿Cuántas personas viven en Espoo?",
        "¿Qué son los derechos humanos?",
    ),
    "vi": (
        "Tôi có thể luyện nói tiếng Phần Lan với ai?",
        "Làm sao nói chuyện với giáo viên của con?",
        "Người thất nghiệp có được đi học không?",
        "Espoo có bao nhiêu người?",
        "Tôi muốn làm nhân viên của thành phố",
    ),
    "tr": (
        "Biriyle Fince konuşmayı nerede pratik edebilirim?",
        "Çocuğumun öğretmeniyle nasıl konuşurum?",
        "İşsiz bir kişi okuyabilir mi?",
        "Espoo'da kaç kişi yaşıyor?",
        "İnsan hakları nedir?",
    ),
    "ku": (
        "Li ku dikarim bi kesekî re fînlandî biaxivim?",
        "Çawa bi mamosteyê zarokê xwe re biaxivim?",
        "Kesê bêkar dikare bixwîne?",
        "Li Espoo çend kes dijîn?",
        "Kursa fînlandî li ku ye?",
    ),
}
"""False friends: talk of people, of talking, of practising a language."""


@pytest.fixture(scope="module")
def wishes() -> Wishes:
    return Wishes(load_languages())


def test_every_language_is_tested() -> None:
    assert set(ASKS) == set(MENTIONS) == set(load_languages())


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in ASKS.items() for text in texts])
def test_who_asks_for_a_person(wishes: Wishes, code: str, text: str) -> None:
    assert wishes.wants_person(text, code)


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in MENTIONS.items() for text in texts])
def test_who_only_mentions_people(wishes: Wishes, code: str, text: str) -> None:
    assert not wishes.wants_person(text, code)

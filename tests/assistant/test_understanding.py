"""What a question says about itself, in every language."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from assistant.languages import Asks, Said, load_languages
from assistant.phrases import Phrases, words
from assistant.questions import Situation
from assistant.understanding import Understanding

LANGUAGES = load_languages()
UNDERSTANDING = Understanding(LANGUAGES)

# For each language, texts apart by "|". "who" and "not who": asks_responsible. "leans" and "stands": leans_back.
# Each situation: texts that say it and no other. "none": texts that say no situation, or more than one.
TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "who": "Who is responsible for my plan?|where do i apply for the course|Which office do I contact?|Who makes the integration plan?|who can help me with this",
        "not who": "Where is the language café?|How long is the training?|Who can take part in the course?",
        "leans": "and how do I apply?|What about my wife, she is at home with our son|does it have to be in Espoo or can they send me elsewhere|In Kauniainen?|is it free",
        "stands": "Is there a language café in Espoo where I can practise speaking Finnish?|Another question: how do I get a day care place|Who makes the integration plan for an unemployed person in Espoo?",
        "jobseeker": "I'm unemployed and live in Espoo|im looking for work, who makes my plan|I lost my job last month",
        "employed": "I work in a restaurant, can I study Finnish?|I have a job but no Finnish|my boss does not pay my salary",
        "at_home": "I am at home with my baby|I'm a stay-at-home mum|she is on parental leave|i take care of my children",
        "student": "I am a university student|can I work as a student?|I study at Aalto",
        "pensioner": "I am retired and moved to Espoo|My mother lives on a pension|im a pensioner",
        "entrepreneur": "I have my own company|I am self-employed|my husband is an entrepreneur",
        "none": "What jobs are there in Espoo?|Can I work while I wait?|how do I start my own company|What is student welfare?|I am not a student|Can I learn Finnish at home?|I am unemployed and at home with my baby|how do i find a job",
    },
    "fi": {
        "who": "Kuka vastaa suunnitelmasta?|mistä haen kurssille|Mihin virastoon otan yhteyttä?|Kuka tekee kotoutumissuunnitelman?|minne pitaa menna",
        "not who": "Missä kielikahvila on?|Kuinka kauan kotoutumiskoulutus kestää?|Kuka voi osallistua kurssille?",
        "leans": "entä asumistuesta|miten sinne ilmoittaudutaan|entä jos vauva on vasta viisi kuukautta vanha ja nukkuu paljon|Kauniaisissa?|onko se maksuton",
        "stands": "Missä Espoossa voi harjoitella suomen puhumista muiden kanssa?|Eri asia: miten lapsi pääsee päiväkotiin|Kuinka kauan työttömän kotoutumiskoulutus kestää Espoossa?",
        "jobseeker": "Olen työtön ja asun Espoossa|etsin töitä, kuka tekee suunnitelman|Menetin työni kuukausi sitten|olen tyoton",
        "employed": "Olen töissä ravintolassa|Työskentelen Espoossa, voinko opiskella|pomoni ei maksa palkkaa",
        "at_home": "Olen kotona vauvan kanssa|Olen kotiäiti|vaimoni on hoitovapaalla",
        "student": "Olen opiskelija|Opiskelen yliopistossa|voinko tehdä töitä opiskelijana",
        "pensioner": "Olen eläkkeellä|äitini on eläkeläinen|olen elakkeella ja asun Espoossa",
        "entrepreneur": "Olen yrittäjä|Minulla on oma yritys|toimin kevytyrittäjänä",
        "none": "Mitä työpaikkoja Espoossa on?|Miten perustan oman yrityksen?|Voinko opiskella suomea kotona?|Mitä opiskelijahuolto on?|En ole opiskelija|Olen työtön ja kotona vauvan kanssa",
    },
    "sv": {
        "who": "Vem ansvarar för planen?|var ansöker jag om kursen|Vilken myndighet ska jag kontakta?|Vem gör integrationsplanen?|vart ska jag gå",
        "not who": "Var finns språkkaféet?|Hur länge varar utbildningen?|Vem kan delta i kursen?",
        "leans": "och hur ansöker jag?|hur är det med min fru, hon är hemma med våra barn|kan vi ta med barnen dit när kursen börjar på morgonen|I Grankulla?|är det gratis",
        "stands": "Var i Esbo kan man öva svenska tillsammans med andra vuxna?|En annan fråga: hur får barnet dagisplats|Hur länge varar integrationsutbildningen för arbetslösa vuxna i Esbo?",
        "jobseeker": "Jag är arbetslös|jag söker jobb, vem gör min plan|Jag har förlorat mitt jobb",
        "employed": "Jag jobbar på en restaurang|Jag har ett jobb|min chef betalar inte lön",
        "at_home": "Jag är hemma med min bebis|Jag är föräldraledig|min fru är hemma med barnen",
        "student": "Jag är student|Jag studerar vid Aalto|kan jag arbeta som studerande",
        "pensioner": "Jag är pensionär|min mamma är pensionerad|jag har gått i pension",
        "entrepreneur": "Jag är företagare|Jag har ett eget företag|jag är egenföretagare",
        "none": "Vilka jobb finns i Esbo?|Hur startar jag ett eget företag?|Kan jag studera svenska hemma?|Vad är studerandevård?|Jag är inte student|Jag är arbetslös och hemma med min bebis",
    },
    "ru": {
        "who": "Кто отвечает за план?|куда обратиться за помощью|В какое учреждение мне идти?|Кто составит мне план?|с кем связаться",
        "not who": "Где языковое кафе?|Сколько длится обучение?|Кто может участвовать в курсе?",
        "leans": "а сколько человек в группе|и как туда записаться, если у меня двое маленьких детей и муж работает|кто туда направляет людей, которые живут в Эспоо|А в Кауниайнене?|это платно?",
        "stands": "Где в Эспоо взрослые учатся говорить по-фински бесплатно?|Другой вопрос: как получить место в садике|Сколько дней длится интеграционное обучение безработных в Эспоо?",
        "jobseeker": "Я безработный|ищу работу, кто составит план|Я потеряла работу",
        "employed": "Я работаю в ресторане|у меня есть работа, но нет финского|мой начальник не платит зарплату",
        "at_home": "Я дома с ребёнком|сижу дома с детьми|я в декрете|жена в отпуске по уходу за ребенком",
        "student": "Я студент|учусь в университете|моя жена студентка в Аалто, она студентка",
        "pensioner": "Я пенсионер|живу в Эспоо, на пенсии|мама вышла на пенсию",
        "entrepreneur": "Я предприниматель|У меня своя фирма|я самозанятый",
        "none": "Какие вакансии есть в Эспоо?|Как открыть свою фирму?|Можно ли учить финский из дома?|Я не работаю|Я не студент|Я безработная и сижу дома с ребенком",
    },
    "uk": {
        "who": "Хто відповідає за план?|куди звернутися по допомогу|До якої установи мені йти?|Хто складе мені план?|з ким зв'язатися",
        "not who": "Де мовне кафе?|Скільки триває навчання?|Хто може взяти участь у курсі?",
        "leans": "а скільки людей у групі|і як туди записатися, якщо у мене двоє маленьких дітей і чоловік працює|хто туди направляє людей, які живуть в Еспоо|А в Кауніайнені?|це платно?",
        "stands": "Де в Еспоо дорослі вчаться говорити фінською безкоштовно?|Інше питання: як отримати місце в садочку|Скільки днів триває інтеграційне навчання безробітних в Еспоо?",
        "jobseeker": "Я безробітний|шукаю роботу, хто складе план|Я втратила роботу",
        "employed": "Я працюю в ресторані|у мене є робота, але немає фінської|мій начальник не платить зарплату",
        "at_home": "Я вдома з дитиною|сиджу вдома з дітьми|я в декреті|дружина у відпустці по догляду за дитиною",
        "student": "Я студент|навчаюся в університеті|моя дружина навчається в Аалто",
        "pensioner": "Я пенсіонер|живу в Еспоо, на пенсії|мама вийшла на пенсію",
        "entrepreneur": "Я підприємець|У мене своя фірма|я самозайнята",
        "none": "Які вакансії є в Еспоо?|Як відкрити свою фірму?|Чи можна вчити фінську з дому?|Я не працюю|Я не студент|Я безробітна і сиджу вдома з дитиною",
    },
    "ar": {
        "who": "من المسؤول عن الخطة؟|وين اروح لاطلب مساعدة|أي مكتب أراجع؟|من يضع خطة الاندماج؟|مع من أتواصل",
        "not who": "أين مقهى اللغة؟|كم مدة التدريب؟|من يستطيع المشاركة في الدورة؟",
        "leans": "وكيف ادخل عليه|ماذا عن زوجتي وهي في البيت مع طفلين صغيرين|وهل يستطيع أخي الذي يسكن في كاونياينن أن يشارك|في كاونياينن؟|كم سعره",
        "stands": "أين يستطيع الكبار تعلم اللغة الفنلندية مجانا في مدينة إسبو؟|سؤال آخر: كيف أحصل على مكان في الحضانة|كم يوما يستمر تدريب الاندماج للعاطلين في إسبو؟",
        "jobseeker": "أنا عاطل عن العمل|ابحث عن عمل، من يضع خطتي|فقدت عملي الشهر الماضي",
        "employed": "أعمل في مطعم|لدي وظيفة لكن لا أتكلم الفنلندية|مديري لا يدفع راتبي",
        "at_home": "أنا في البيت مع طفلي|انا ربة منزل|زوجتي في إجازة أمومة",
        "student": "أنا طالب في الجامعة|أدرس في جامعة آلتو|هل يمكنني العمل كطالبة",
        "pensioner": "أنا متقاعد|أمي متقاعدة وتعيش معي|تقاعدت وانتقلت إلى إسبو",
        "entrepreneur": "لدي شركة صغيرة|أنا صاحب مطعم|أعمل لحسابي الخاص",
        "none": "ما الوظائف الموجودة في إسبو؟|كيف أفتح شركة؟|هل يمكنني أن أعمل؟|لست عاطلا عن العمل|لا أعمل|أنا عاطل عن العمل وفي البيت مع طفلي",
    },
    "fa": {
        "who": "چه کسی مسئول برنامه است؟|کجا باید بروم برای کمک|به کدام اداره مراجعه کنم؟|چه کسی برنامه ادغام را می‌نویسد؟|با کی تماس بگیرم",
        "not who": "کافه زبان کجاست؟|دوره چقدر طول می‌کشد؟|چه کسانی در دوره شرکت می‌کنند؟",
        "leans": "و چطور ثبت نام کنم؟|ولی همسرم در خانه با دو کودک کوچک زندگی می‌کند|آیا بچه‌ها را می‌توان صبح زود آنجا گذاشت وقتی درس می‌خوانیم|در کاونیاینن؟|رایگان است",
        "stands": "بزرگسالان در اسپو کجا می‌توانند رایگان زبان فنلاندی تمرین کنند؟|یک سوال دیگر: چطور جای مهدکودک بگیرم|آموزش ادغام بیکاران در شهر اسپو چند روز طول می‌کشد؟",
        "jobseeker": "من بیکار هستم|دنبال کار می‌گردم، برنامه‌ام را چه کسی می‌نویسد|کارم را از دست دادم",
        "employed": "در رستوران کار می‌کنم|من شاغل هستم|رئیسم حقوق نمی‌دهد|در رستوران کار میکنم",
        "at_home": "در خانه با نوزادم هستم|من خانه‌دارم|همسرم در مرخصی زایمان است",
        "student": "من دانشجو هستم|در دانشگاه درس می‌خوانم|همسرم دانشجوست",
        "pensioner": "من بازنشسته هستم|مادرم بازنشسته است|بازنشسته شدم و به اسپو آمدم",
        "entrepreneur": "شرکت خودم را دارم|من کارآفرین هستم|صاحب رستوران هستم",
        "none": "چه شغل‌هایی در اسپو هست؟|چطور شرکت ثبت کنم؟|آیا می‌توان در خانه فنلاندی یاد گرفت؟|من دانشجو نیستم|بیکار نیستم|بیکارم و در خانه با نوزادم هستم",
    },
    "so": {
        "who": "Yaa mas'uul ka ah qorshaha?|halkee ayaan caawimaad ka codsadaa|Xafiiskee ayaan la xiriiraa?|Yaa ii sameeya qorshaha?|yaan la xiriiraa",
        "not who": "Xaggee ayuu ku yaal kafeega luqadda?|Imisa maalmood ayuu socdaa tababarku?|Yaa ka qayb geli kara koorsada?",
        "leans": "iyo sidee ayaan isku qoraa?|laakiin xaaskaygu waxay leedahay laba carruur ah oo yaryar oo buuqa badan|carruurtu ma tegi karaan halkaas subaxdii marka casharka uu bilaabmo|Kauniainen-na?|lacag ma laga bixiyaa",
        "stands": "Xaggee magaalada Espoo dadka waaweyn ku bartaan luqadda Finnishka bilaash?|Su'aal kale: sidee ilmahaygu xannaano u helaa|Imisa maalmood ayuu socdaa tababarka la-qabsashada dadka Espoo?",
        "jobseeker": "Waxaan ahay shaqo la'aan|shaqo ayaan raadinayaa, yaa qorshaha sameeya|shaqadaydii waan waayay",
        "employed": "Waxaan ka shaqeeyaa makhaayad|shaqo ayaan haystaa|waan shaqeeyaa oo waqti ma haysto",
        "at_home": "Guriga ayaan la joogaa ilmahayga|waan guriga joogaa oo carruur ayaan leeyahay|waxaan ku jiraa fasaxa dhalmada",
        "student": "Waxaan ahay arday|arday ayaan ahay|jaamacad ayaan dhigtaa",
        "pensioner": "Waxaan ahay hawlgab|hooyaday waa hawlgab ah|waan hawlgabay",
        "entrepreneur": "Waxaan ahay ganacsade|dukaan ayaan leeyahay|waxaan leeyahay shirkad",
        "none": "Shaqooyin noocee ah ayaa Espoo ka jira?|Sidee ayaan shirkad u furtaa?|Ma ihi arday|Shaqo ma raadinayo|Muxuu qabtaa kuraattorigu?|Maktabaddu xaggee ku taal?",
    },
    "sq": {
        "who": "Kush është përgjegjës për planin?|ku duhet të aplikoj për kursin|Cilën zyrë duhet të kontaktoj?|Kush e bën planin?|kush me ndihmon",
        "not who": "Ku është kafeneja e gjuhës?|Sa zgjat trajnimi?|Kush mund të marrë pjesë në kurs?",
        "leans": "dhe si aplikoj?|po për gruan time, ajo ka dy fëmijë të vegjël dhe nuk punon|a mund t'i çojmë fëmijët atje kur kursi fillon herët në mëngjes|Në Kauniainen?|a është falas",
        "stands": "Ku mund të mësojnë të rriturit finlandisht falas në qytetin Espoo?|Një pyetje tjetër: si gjej vend në kopsht|Sa ditë zgjat trajnimi i integrimit të papunëve në Espoo?",
        "jobseeker": "Jam i papunë|kërkoj punë, kush e bën planin|humba punën muajin e kaluar|jam i papune",
        "employed": "Punoj në një restorant|kam një punë|shefi im nuk më paguan",
        "at_home": "Jam në shtëpi me foshnjën|jam amvise|kujdesem për fëmijët|jam ne shtepi me femijet",
        "student": "Jam student|studioj në universitet|a mund të punoj si studente",
        "pensioner": "Jam pensionist|nëna ime është në pension|kam dalë në pension",
        "entrepreneur": "Jam sipërmarrës|kam një firmë|jam i vetëpunësuar",
        "none": "Çfarë pune ka në Espoo?|Si hap një biznes?|A mund të mësoj finlandisht në shtëpi?|Nuk jam student|Nuk punoj|Jam i papunë dhe rri në shtëpi",
    },
    "et": {
        "who": "Kes vastutab plaani eest?|kuhu ma pean pöörduma|Millisesse asutusse ma lähen?|Kes koostab lõimumisplaani?|kellelt küsida",
        "not who": "Kus on keelekohvik?|Kui kaua koolitus kestab?|Kes võib kursusel osaleda?",
        "leans": "ja kuidas kandideerida?|aga mu naine, tal on kaks väikest last ja ta räägib eesti keelt|kas lapsed saab sinna viia, kui kursus hommikul vara algab|Kauniainenis?|kas see on tasuta",
        "stands": "Kus Espoos saavad täiskasvanud tasuta soome keelt harjutada?|Teine küsimus: kuidas saada lasteaiakohta|Mitu päeva kestab töötute lõimumiskoolitus Espoo linnas?",
        "jobseeker": "Olen töötu|otsin tööd, kes teeb plaani|kaotasin töö eelmisel kuul|olen tootu",
        "employed": "Ma töötan restoranis|mul on töökoht|minu tööandja ei maksa palka",
        "at_home": "Olen beebiga kodus|olen lapsehoolduspuhkusel|mu naine on kodus lastega",
        "student": "Olen üliõpilane|õpin ülikoolis|kas võin tudengina tööl käia, olen tudeng",
        "pensioner": "Olen pensionil|mu ema on pensionär|jäin pensionile",
        "entrepreneur": "Olen ettevõtja|mul on oma firma|tegutsen ettevõtjana",
        "none": "Mis töökohti Espoos on?|Kuidas asutada oma firmat?|Kas kodus saab soome keelt õppida?|Ma ei ole üliõpilane|Ma ei tööta|Olen töötu ja lapsega kodus",
    },
    "zh": {
        "who": "谁负责融入计划？|我在哪里申请课程|应该联系谁|我该去哪个部门？|谁给我做融入计划",
        "not who": "语言咖啡馆在哪里？|培训要多长时间？|谁可以参加课程？",
        "leans": "那怎么报名|那我太太呢，她在家带两个孩子也不会说芬兰语|上午上课的时候孩子可以放在那里吗我们没有人帮忙|在考尼艾宁呢|免费吗",
        "stands": "成年人在埃斯波哪里可以免费练习芬兰语口语？|换个话题，孩子怎么上幼儿园|埃斯波的融入培训对失业人员一共多少天？",
        "jobseeker": "我失业了|我正在找工作，谁给我做计划|我上个月丢了工作",
        "employed": "我在餐馆工作|我有工作但是不会芬兰语|我老板不给我发工资",
        "at_home": "我在家带孩子|我是全职妈妈|我太太在休产假",
        "student": "我是学生|我在读大学|我是阿尔托大学的学生",
        "pensioner": "我退休了住在埃斯波|我妈妈已经退休|我是退休人员",
        "entrepreneur": "我有自己的公司|我是自由职业者|我经营一家餐馆",
        "none": "埃斯波有什么工作？|我想开一家公司|在家能学芬兰语吗|我不是学生|我怎么找工作|我失业了在家带孩子",
    },
    "fr": {
        "who": "Qui est responsable du plan ?|où dois-je m'adresser|À quel bureau faut-il aller ?|Qui fait le plan d'intégration ?|a qui m'adresser",
        "not who": "Où est le café des langues ?|Combien de temps dure la formation ?|Qui peut participer au cours ?",
        "leans": "et comment s'inscrire ?|qu'en est-il de ma femme, elle garde nos deux petits enfants toute la journée|peut-on déposer les enfants là-bas quand le cours commence tôt le matin|À Kauniainen ?|c'est gratuit",
        "stands": "Où les adultes peuvent-ils pratiquer le finnois gratuitement à Espoo ?|Autre question : comment obtenir une place en crèche|Combien de jours dure la formation d'intégration des chômeurs à Espoo ?",
        "jobseeker": "Je suis au chômage|je cherche du travail, qui fait mon plan|j'ai perdu mon emploi|je suis au chomage",
        "employed": "Je travaille dans un restaurant|j'ai un emploi|mon patron ne me paie pas",
        "at_home": "Je suis à la maison avec mon bébé|je suis mère au foyer|ma femme est en congé parental",
        "student": "Je suis étudiante|j'étudie à l'université|puis-je travailler en tant qu'étudiant",
        "pensioner": "Je suis à la retraite|ma mère est retraitée|je touche une pension",
        "entrepreneur": "Je suis entrepreneur|j'ai une entreprise|je suis à mon compte",
        "none": "Quels emplois y a-t-il à Espoo ?|Comment créer une entreprise ?|Peut-on apprendre le finnois à la maison ?|Je ne suis pas étudiant|Je ne travaille pas|Je suis au chômage et à la maison avec mon bébé",
    },
    "es": {
        "who": "¿Quién es responsable del plan?|dónde tengo que ir|¿A qué oficina voy?|¿Quién hace el plan de integración?|con quien hablo",
        "not who": "¿Dónde está el café de idiomas?|¿Cuánto dura la formación?|¿Quién puede participar en el curso?",
        "leans": "¿y cómo me apunto?|qué pasa con mi mujer, tiene dos hijos pequeños y vive lejos del centro|podemos dejar allí a los niños cuando las clases empiezan temprano por la mañana|¿En Kauniainen?|es gratis",
        "stands": "¿Dónde pueden los adultos practicar finés gratis en Espoo?|Otra pregunta: ¿cómo consigo plaza en la guardería?|¿Cuántos días dura la formación de integración para personas desempleadas en Espoo?",
        "jobseeker": "Estoy en paro|busco trabajo, ¿quién hace mi plan?|perdí mi trabajo el mes pasado",
        "employed": "Trabajo en un restaurante|tengo un empleo|mi jefe no me paga",
        "at_home": "Estoy en casa con mi bebé|soy ama de casa|mi mujer está de baja maternal",
        "student": "Soy estudiante|estudio en la universidad|¿puedo trabajar como estudiante?",
        "pensioner": "Estoy jubilada|mi madre es pensionista|cobro una pensión",
        "entrepreneur": "Soy autónomo|tengo una empresa|trabajo por mi cuenta",
        "none": "¿Qué trabajos hay en Espoo?|¿Cómo puedo abrir un negocio?|¿Se puede aprender finés en casa?|No soy estudiante|No trabajo|Estoy en paro y en casa con mi bebé",
    },
    "vi": {
        "who": "Ai chịu trách nhiệm về kế hoạch?|tôi phải đi đâu|Tôi liên hệ cơ quan nào?|Ai lập kế hoạch hội nhập?|toi lien he voi ai",
        "not who": "Quán cà phê ngôn ngữ ở đâu?|Khóa học kéo dài bao lâu?|Ai được tham gia khóa học?",
        "leans": "và đăng ký thế nào?|còn vợ tôi thì sao, cô ấy có hai con nhỏ và chưa biết tiếng Phần Lan|buổi sáng sớm chúng tôi có gửi trẻ ở đó khi khóa học bắt đầu không|Ở Kauniainen?|có miễn phí không",
        "stands": "Người lớn luyện nói tiếng Phần Lan miễn phí tại thành phố Espoo ở đâu?|Câu hỏi khác: làm sao xin chỗ nhà trẻ|Khóa đào tạo hội nhập dành cho người thất nghiệp kéo dài bao nhiêu ngày?",
        "jobseeker": "Tôi thất nghiệp|tôi đang tìm việc, ai lập kế hoạch|tôi mất việc tháng trước|toi dang that nghiep",
        "employed": "Tôi làm việc ở nhà hàng|tôi đang đi làm|sếp tôi không trả lương",
        "at_home": "Tôi ở nhà chăm con|tôi làm nội trợ|vợ tôi nghỉ thai sản",
        "student": "Tôi là sinh viên|tôi đang học đại học|con tôi là học sinh",
        "pensioner": "Tôi đã nghỉ hưu|mẹ tôi về hưu rồi|tôi nhận lương hưu",
        "entrepreneur": "Tôi là chủ doanh nghiệp|tôi tự kinh doanh|tôi có công ty riêng",
        "none": "Ở Espoo có việc làm gì?|Tôi muốn mở công ty|Có thể học tiếng Phần Lan ở nhà không?|Tôi không phải là sinh viên|Tôi không đi làm|Tôi thất nghiệp và ở nhà chăm con",
    },
    "tr": {
        "who": "Plandan kim sorumlu?|nereye başvurmam gerekiyor|Hangi kuruma gitmeliyim?|Uyum planını kim hazırlar?|kime sorabilirim",
        "not who": "Dil kafesi nerede?|Eğitim ne kadar sürüyor?|Kursa kim katılabilir?",
        "leans": "peki nasıl kayıt olurum?|ya eşim ne yapacak, iki küçük çocuğumuz var ve henüz Fince bilmiyor|sabah erken ders başlayınca çocukları oraya bırakabilir miyiz acaba|Kauniainen'de?|ücretsiz mi",
        "stands": "Yetişkinler Espoo şehrinde Fince konuşmayı ücretsiz nerede öğrenir?|Başka bir soru: çocuğum kreşe nasıl girer|Espoo şehrinde işsizlerin uyum eğitimi kaç gün sürüyor?",
        "jobseeker": "İşsizim|iş arıyorum, planı kim yapar|geçen ay işimi kaybettim|issizim",
        "employed": "Restoranda çalışıyorum|bir işim var|patronum maaş vermiyor",
        "at_home": "Evde bebeğime bakıyorum|ev hanımıyım|eşim doğum izninde|çocuğuma bakıyorum",
        "student": "Öğrenciyim|üniversitede okuyorum|öğrenci olarak çalışabilir miyim",
        "pensioner": "Emekliyim|annem emekli|geçen yıl emekli oldum",
        "entrepreneur": "Girişimciyim|kendi şirketim var|serbest çalışıyorum",
        "none": "Espoo'da hangi işler var?|Nasıl şirket kurabilirim?|Evde Fince öğrenebilir miyim?|Öğrenci değilim|Çalışmıyorum|İşsizim ve evde bebeğime bakıyorum",
    },
    "ku": {
        "who": "Kî berpirsiyarê planê ye?|divê ez herim ku|Kîjan ofîs alîkariya min dike?|Kî plana min çêdike?|ez ji kê bipirsim",
        "not who": "Kafeya zimên li ku ye?|Perwerde çiqas dom dike?|Kî dikare beşdarî kursê bibe?",
        "leans": "û ez çawa xwe tomar bikim?|lê jina min, du zarokên wê yên biçûk hene û hêj fînî nizane|em dikarin sibê zû zarokan bibin wir dema ders dest pê dike|Li Kauniainen?|belaş e",
        "stands": "Mezin li bajarê Espoo fînî belaş li ku hîn dibin?|Pirseke din: cihê zarokxanê çawa tê girtin|Perwerdeya entegrasyonê ya bêkaran li Espoo çend roj dom dike?",
        "jobseeker": "Ez bêkar im|ez li kar digerim, kî planê çêdike|min karê xwe winda kir",
        "employed": "Ez li restoranekê kar dikim|ez dixebitim|patronê min mehaneyê nade",
        "at_home": "Ez li malê bi zarokê xwe re me|ez kebanî me|jina min li malê ye bi zarokan re",
        "student": "Ez xwendekar im|li zanîngehê dixwînim|jina min xwendekar e, ez xwendekarê zanîngehê me",
        "pensioner": "Ez teqawît im|diya min xanenişîn e|ez emeklî me",
        "entrepreneur": "Ez karsaz im|şirketa min heye|ez xwediyê restoranê me",
        "none": "Li Espoo çi kar hene?|Ez çawa şirketekê vekim?|Ma ez dikarim li malê fînî hîn bibim?|Ez ne xwendekar im|Ez kar nakim|Ez bêkar im û li malê bi zarokê xwe re me",
    },
}


def cases(*kinds: str) -> list[object]:
    return [
        pytest.param(code, kind, text, id=f"{code}-{kind}-{text}")
        for code, table in TEXTS.items()
        for kind in kinds
        for text in table[kind].split("|")
    ]


SITUATIONS = [situation.value for situation in Situation if situation is not Situation.OTHER]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_its_texts(code: str) -> None:
    kinds = {"who", "not who", "leans", "stands", "none", *SITUATIONS}
    assert set(TEXTS[code]) == kinds
    assert [kind for kind in kinds if TEXTS[code][kind].count("|") < 2] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_table(code: str) -> None:
    language = LANGUAGES[code]
    assert language.asks.model_fields_set == set(Asks.model_fields)
    assert language.said.model_fields_set == set(Said.model_fields) == set(SITUATIONS)
    tables = [
        *(getattr(language.asks, key) for key in Asks.model_fields),
        *(table for _, table in language.said.items()),
    ]
    assert [phrase for table in tables for phrase in table if table.count(phrase) > 1] == []


@pytest.mark.parametrize(("code", "kind", "text"), cases("who", "not who"))
def test_asks_who_is_responsible(code: str, kind: str, text: str) -> None:
    assert UNDERSTANDING.asks_responsible(text, code) == (kind == "who")


@pytest.mark.parametrize(("code", "kind", "text"), cases("leans", "stands"))
def test_leans_on_the_turn_before(code: str, kind: str, text: str) -> None:
    assert UNDERSTANDING.leans_back(text, code) == (kind == "leans")


@pytest.mark.parametrize(("code", "kind", "text"), cases(*SITUATIONS))
def test_says_a_situation(code: str, kind: str, text: str) -> None:
    assert UNDERSTANDING.situation(text, code) == Situation(kind)


@pytest.mark.parametrize(("code", "kind", "text"), cases("none"))
def test_says_no_situation(code: str, kind: str, text: str) -> None:
    assert UNDERSTANDING.situation(text, code) is None


# For each language, texts apart by "|": that put right the one before, that only tell, that ask something of their own.
LEANING: dict[str, tuple[str, str, str]] = {
    "en": (
        "no, I meant integration training|sorry i meant the card|I mean the other course",
        "and for my wife? she is at home with the baby|I live in Kauniainen and I am retired|what about my husband, he works",
        "I am retired, can I come too?|i work, where do i study in the evenings|is there something for my wife, she is at home",
    ),
    "fi": (
        "ei, tarkoitin kotoutumiskoulutusta|tarkoitan sitä toista kurssia|en tarkoittanut lapsia",
        "entä vaimolleni, hän on kotona lasten kanssa|asun Kauniaisissa ja olen eläkkeellä|olen työtön",
        "olen työssä, voinko opiskella|missä kurssi on, olen eläkkeellä|olen kotona vauvan kanssa, saako hänet mukaan",
    ),
    "sv": (
        "nej, jag menade integrationsutbildningen|jag menar kortet|nej inte barnen",
        "Jag är hemma med barnen och bor i Grankulla|och min fru, hon är arbetslös?|jag är pensionär",
        "jag jobbar, kan jag studera|jag är pensionär, vart ska jag gå|var finns det, jag är arbetslös",
    ),
    "ru": (
        "нет, я имел в виду интеграционное обучение|я имела в виду карту|не про это, про курс",
        "живу в Кауниайнене, на пенсии, работу не ищу|а жена? она дома с ребёнком|я безработный",
        "я на пенсии, куда мне идти|работаю, можно учиться вечером|я безработная, сколько ждать",
    ),
    "uk": (
        "ні, я мав на увазі інтеграційне навчання|я мала на увазі картку|не про це, про курс",
        "а для моєї дружини? вона вдома з дитиною|живу в Еспоо, я пенсіонер|я безробітний",
        "я на пенсії, куди мені йти|я працюю, чи можна вчитися ввечері|я безробітна, скільки чекати",
    ),
    "ar": (
        "لا، أقصد تدريب الاندماج|قصدي البطاقة|كنت أعني الدورة الأخرى",
        "وماذا عن زوجتي؟ هي في البيت مع الطفل|أنا متقاعد وأسكن في إسبو|أنا عاطل عن العمل",
        "أنا متقاعد، أين أذهب|أعمل، هل أستطيع الدراسة مساء|أنا عاطل عن العمل، كم أنتظر",
    ),
    "fa": (
        "نه، منظورم آموزش ادغام است|منظور من کارت بود|منظورم دوره دیگر است",
        "من بیکار هستم و در اسپو زندگی می‌کنم|من بازنشسته هستم|همسرم در خانه با نوزادم است",
        "من بازنشسته هستم، کجا بروم|شاغل هستم، آیا عصرها درس هست|بیکارم، چقدر صبر کنم",
    ),
    "so": (
        "maya, waxaan ula jeeday tababarka|waxaan ula jeedaa kaarka|waan ula jeeday koorsada kale",
        "waxaan ahay shaqo la'aan|waan hawlgabay|waxaan ahay arday",
        "waan hawlgabay, halkee ayaan tagaa|shaqo la'aan baan ahay, imisa ayaan sugaa|waan shaqeeyaa, sidee u bartaa",
    ),
    "sq": (
        "jo, doja të them trajnimin e integrimit|e kisha fjalën për kartën|mendoja për kursin tjetër",
        "jam i papunë|jam në pension dhe jetoj në Espoo|gruaja ime është në shtëpi me fëmijën",
        "jam pensionist, ku të shkoj|punoj, a mund të mësoj në mbrëmje|jam i papunë, sa pres",
    ),
    "et": (
        "ei, ma mõtlesin lõimumiskoolitust|pidasin silmas kaarti|ma küsisin teise kursuse kohta",
        "olen töötu ja elan Espoos|olen pensionil|aga mu naine? ta on lapsega kodus",
        "olen pensionil, kuhu ma pöördun|töötan, kas saan õhtul õppida|olen töötu, kui palju ootan",
    ),
    "zh": (
        "不，我是说融入培训|我的意思是那张卡|我问的是另一个课程",
        "我在家带孩子，住在埃斯波|我退休了|我失业了，住在考尼艾宁",
        "我退休了，去哪里问|我有工作，晚上能不能学|我失业了，要等多久",
    ),
    "fr": (
        "non, je voulais dire la formation d'intégration|je parlais de la carte|je pensais à l'autre cours",
        "je suis au chômage, j'habite à Espoo|et ma femme ? elle est en congé parental|je suis à la retraite",
        "je suis à la retraite, où aller|je travaille, quand étudier|je suis au chômage, combien attendre",
    ),
    "es": (
        "no, me refería a la formación de integración|quería decir la tarjeta|me refiero al otro curso",
        "¿y para mi mujer? está en casa con el bebé|estoy en paro y vivo en Espoo|estoy jubilada",
        "estoy jubilada, ¿dónde pregunto?|trabajo, ¿puedo estudiar por la tarde?|estoy en paro, ¿cuánto espero?",
    ),
    "vi": (
        "không, ý tôi là đào tạo hội nhập|tôi muốn nói cái thẻ|tôi hỏi về khóa kia",
        "Tôi thất nghiệp, sống ở Espoo|tôi đã nghỉ hưu|còn vợ tôi thì sao, vợ tôi nghỉ thai sản",
        "tôi đã nghỉ hưu, hỏi ở đâu|tôi thất nghiệp, chờ bao lâu|tôi đang đi làm, học tối được không",
    ),
    "tr": (
        "hayır, uyum eğitimini kastettim|kartı demek istedim|öbür kursu kastettim",
        "peki eşim için? o evde çocuğa bakıyor|işsizim, Espoo'da yaşıyorum|emekliyim",
        "emekliyim, nereye gideyim|çalışıyorum, akşam okuyabilir miyim|işsizim, kaç hafta beklerim",
    ),
    "ku": (
        "na, mebesta min perwerdeya entegrasyonê ye|min digot kart|mebesta min kursa din bû",
        "Ez bêkar im|ez li Espoo dijîm, ez teqawît im|û jina min? jina min li malê ye bi zarokan re",
        "ez teqawît im, ez herim li ku|ez dixebitim, çawa bixwînim|ez bêkar im, çiqas bisekinim",
    ),
}


def leaning(place: int) -> list[object]:
    return [
        pytest.param(code, text, id=f"{code}-{text}")
        for code, kinds in LEANING.items()
        for text in kinds[place].split("|")
    ]


def test_every_language_has_texts_that_lean() -> None:
    assert set(LEANING) == set(LANGUAGES)


@pytest.mark.parametrize(("code", "text"), leaning(0))
def test_puts_right_the_one_before(code: str, text: str) -> None:
    assert UNDERSTANDING.corrects(text, code)
    assert not UNDERSTANDING.only_tells(text, code)


@pytest.mark.parametrize(("code", "text"), leaning(1))
def test_only_tells(code: str, text: str) -> None:
    assert UNDERSTANDING.only_tells(text, code, names=1)
    assert not UNDERSTANDING.corrects(text, code)


@pytest.mark.parametrize(("code", "text"), leaning(2))
def test_asks_something_of_its_own(code: str, text: str) -> None:
    assert not UNDERSTANDING.only_tells(text, code, names=1)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_choices_offered_are_understood(code: str) -> None:
    for key, label in LANGUAGES[code].situations.items():
        assert UNDERSTANDING.situation(f"{label}.", code) == Situation(key)


def test_a_mark_is_told_from_a_short_text() -> None:
    assert UNDERSTANDING.follows_up("and what happens after it", "en")
    assert not UNDERSTANDING.follows_up("what is TalentMatch", "en")
    assert UNDERSTANDING.leans_back("what is TalentMatch", "en")


def test_a_new_topic_does_not_lean_back() -> None:
    assert UNDERSTANDING.new_topic("ok, different question: is it free", "en")
    assert not UNDERSTANDING.follows_up("ok, different question: is it free", "en")
    assert not UNDERSTANDING.leans_back("ok, different question: is it free", "en")


def test_a_language_without_tables_says_nothing() -> None:
    assert UNDERSTANDING.situation("Ich bin arbeitslos", "de") is None
    assert not UNDERSTANDING.asks_responsible("Wer ist zuständig?", "de")
    assert not UNDERSTANDING.leans_back("und da?", "de")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Who makes my plan? ", ("Who makes my plan?",)),
        ("who makes my plan", ("who makes my plan",)),
        ("I live in Kauniainen. Who makes my plan?", ("I live in Kauniainen. Who makes my plan?",)),
        ("Who makes my plan? I am unemployed.", ("Who makes my plan? I am unemployed.",)),
        (
            "Hei! Kuka tekee suunnitelman? Asun Espoossa. Missä kielikahvila on?",
            ("Hei! Kuka tekee suunnitelman?", "Asun Espoossa. Missä kielikahvila on?"),
        ),
        ("من المسؤول؟ وأين المقهى؟", ("من المسؤول؟", "وأين المقهى؟")),
        ("谁负责？在哪里申请？", ("谁负责？", "在哪里申请？")),
        ("¿Quién hace el plan? ¿Dónde voy?", ("¿Quién hace el plan?", "¿Dónde voy?")),
        ("Really?! What now???", ("Really?!", "What now???")),
        ("a? b? c? d?", ("a?", "b?", "c?")),
        ("see https://helloespoo.fi/?id=3 please", ("see https://helloespoo.fi/?id=3 please",)),
        ("???", ("???",)),
    ],
    ids=["one", "no mark", "statement before", "statement after", "two", "ar", "zh", "es", "marks", "four", "url", "?"],
)
def test_questions_of_a_message(text: str, expected: tuple[str, ...]) -> None:
    assert UNDERSTANDING.questions(text) == expected


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("cost", "What it costs", True),
        ("cost$", "What it costs", False),
        ("sa", "sanoi", False),
        ("my job", "I lost my job", True),
        ("student!", "Student.", True),
        ("student!", "student welfare", False),
        ("at/from my home", "work from my home", True),
        ("my_own/a firm", "I run my own firm", True),
        ("my … firm", "my small cleaning firm", True),
        ("my … firm", "my one two three four five firm", False),
        ("my … firm", "This is my. Big firm", False),
        ("at home", "I was at. Home is here", False),
        ("cái đó", "cai do bao nhieu", True),
        ("đó", "do tôi bận", False),
        ("đó", "o do", True),
        ("می‌کنم", "کار میکنم", True),
        ("می‌کنم", "کار می کنم", True),
        ("أعمل", "وانا اعمل هنا", True),
        ("多少", "要多少天", True),
    ],
)
def test_phrases(phrase: str, text: str, expected: bool) -> None:
    assert Phrases([phrase]).found(words(text)) == expected


def test_an_exception_silences_what_it_overlaps() -> None:
    phrases = Phrases(["my job", "-lost my job"])
    assert not phrases.found(words("I lost my job"))
    assert phrases.found(words("I lost my job. I loved my job"))


@pytest.mark.parametrize("phrase", ["", "…", "a …", "-", "$", "a/"])
def test_a_phrase_has_words(phrase: str) -> None:
    with pytest.raises(ValueError, match="word"):
        Phrases([phrase])

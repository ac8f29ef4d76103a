"""Little stories from a seeded grammar: a beginning, a middle, an end; names, pronouns and things
that agree from the first sentence to the last. Used by make_stories.py; standard library only."""

GIRLS = "Anna Bella Clara Daisy Emma Grace Ivy Lily Lucy Mia Nora Rosie Ruby Sophie Zoe".split()
BOYS = "Adam Ben Finn Henry Jack Leo Max Noah Oliver Oscar Sam Theo Tim Toby Will".split()
TRAITS = "little brave kind clever quiet cheerful curious gentle happy shy".split()
ANIMALS = "cat dog rabbit duck mouse hen pony squirrel kitten puppy goat frog".split()
COLOURS = "red blue green yellow purple orange white brown pink silver".split()
TOYS = "ball kite boat doll drum train puzzle bear robot car balloon bucket".split()
PLACES = "park garden forest beach meadow farm playground village".split()
TREATS = "apple cookie cake pear sandwich muffin pie pancake".split()
WEATHER = "sunny windy warm cold bright cloudy".split()
HELPERS = [("mother", "she", "her"), ("father", "he", "his"), ("grandmother", "she", "her"),
           ("grandfather", "he", "his"), ("sister", "she", "her"), ("brother", "he", "his"),
           ("teacher", "she", "her"), ("uncle", "he", "his")]
HEIGHTS = ["in a tall tree", "on the roof", "behind the big wall", "under the old bridge",
           "in a deep hole", "between two rocks"]
HIDING = ["under the bed", "behind the door", "in the tall grass", "under a bush",
          "behind the sofa", "in a basket", "near the gate", "by the pond"]
WORK = ["paint a picture", "build a house of blocks", "bake a cake", "plant a flower",
        "ride a bike", "tie a knot", "sing a song", "read a long book"]
DONE = {"paint a picture": "the picture", "build a house of blocks": "the house of blocks",
        "bake a cake": "the cake", "plant a flower": "the flower", "ride a bike": "the ride",
        "tie a knot": "the knot", "sing a song": "the song", "read a long book": "the book"}


def pick(random, options):
    """One of the options, each 0.7 times as likely as the one before it: as in people's texts, some
    words are commoner than others, and the likeliest next word is seldom a matter of chance."""
    last = len(options) - 1
    return random.choices(options, [7 ** i * 10 ** (last - i) for i in range(last + 1)])[0]


def an(word):
    return ("an " if word[0] in "aeiou" else "a ") + word


def cap(text):
    return text[0].upper() + text[1:]


class Story:
    """One story being written: who and what is in it, drawn once, and its sentences."""

    def __init__(self, random):
        self.random = random
        self.lines = []
        girl = random.random() < 0.6
        self.name = pick(random, GIRLS if girl else BOYS)
        self.he, self.him, self.his = ("she", "her", "her") if girl else ("he", "him", "his")
        self.kind = "girl" if girl else "boy"
        friend_girl = random.random() < 0.6
        others = [n for n in (GIRLS if friend_girl else BOYS) if n != self.name]
        self.friend = pick(random, others)
        self.fhe, self.fhim, self.fhis = (("she", "her", "her") if friend_girl
                                          else ("he", "him", "his"))
        self.trait = pick(random, TRAITS)
        self.place = pick(random, PLACES)
        self.colour = pick(random, COLOURS)
        self.toy = pick(random, TOYS)
        self.thing = f"{self.colour} {self.toy}"
        self.animal = pick(random, ANIMALS)
        self.treat = pick(random, TREATS)
        self.weather = pick(random, WEATHER)
        self.helper, self.hhe, self.hhis = pick(random, HELPERS)

    def say(self, *choices):
        """One of the sentences, its {fields} filled in."""
        values = dict(vars(self))
        values.update(a_trait=an(self.trait), a_thing=an(self.thing), an_animal=an(self.animal),
                      a_treat=an(self.treat), a_weather=an(self.weather), He=cap(self.he),
                      Fhe=cap(self.fhe), Hhe=cap(self.hhe), His=cap(self.his))
        self.lines.append(pick(self.random, choices).format(**values))

    def text(self):
        return " ".join(self.lines)


def opening(s):
    s.say("Once upon a time there was {a_trait} {kind} named {name}.",
          "Once there was {a_trait} {kind} called {name}.",
          "There was once {a_trait} {kind} whose name was {name}.",
          "{name} was {a_trait} {kind}.",
          "In a small house lived {a_trait} {kind} named {name}.")


def day(s):
    s.say("One {weather} day {name} went to the {place}.",
          "One {weather} morning {he} walked to the {place}.",
          "It was {a_weather} day, and {name} wanted to go to the {place}.",
          "On {a_weather} afternoon {he} ran to the {place}.",
          "One day {name} and {his} {helper} went to the {place}.")


def ending(s):
    s.say("After that day {name} was never {mood} again.",
          "From then on {name} and {friend} were best friends.",
          "That night {name} fell asleep with a smile.",
          "{name} went home and told {his} {helper} all about it.",
          "And they all lived happily in the little village.",
          "{name} had learned that {lesson}.",
          "It was the best day of the year.")


def lost_toy(s):
    s.mood, s.lesson = "careless", "friends help each other"
    s.say("{He} had {a_thing} and loved it very much.",
          "{His} favourite toy was {a_thing}.",
          "{He} played with {his} {thing} every day.")
    day(s)
    s.say("But when {he} looked in {his} bag, the {toy} was gone.",
          "Suddenly {he} could not find the {toy}.",
          "There {he} lost the {thing}.")
    s.say("{name} was very sad and began to cry.", "{He} looked everywhere, but {he} could not "
          "find it.", "\"Where is my {toy}?\" {he} asked.")
    s.say("{friend} saw {him} and asked, \"What is wrong?\"",
          "Then {his} friend {friend} came and wanted to help.",
          "\"I will help you,\" said {friend}.")
    s.spot = pick(s.random, HIDING)
    s.say("They looked together, and {friend} found the {toy} {spot}.",
          "After a while {friend} saw something {colour} {spot}. It was the {toy}!",
          "At last they found the {thing} {spot}.")
    s.say("\"Thank you, {friend}!\" said {name}.", "{name} hugged {friend} and smiled.",
          "{name} was so happy that {he} gave {friend} {a_treat}.")


def stuck_toy(s):
    s.mood, s.lesson = "afraid to ask for help", "it is good to ask for help"
    day(s)
    s.spot = pick(s.random, HEIGHTS)
    s.say("{He} played with {his} {thing} there.", "{He} took {his} {thing} along.",
          "There {he} threw {his} {thing} high into the air.")
    s.say("Soon the {toy} was stuck {spot}.", "Then the wind took the {toy}, and it landed {spot}.",
          "But the {toy} fell and got stuck {spot}.")
    s.say("{name} tried to reach it, but {he} was too small.",
          "{He} jumped and jumped, but {he} could not reach it.",
          "\"Oh no!\" said {name}. \"I can not reach my {toy}.\"")
    s.say("So {he} called {his} {helper}.", "{His} {helper} heard {him} and came at once.",
          "{He} ran home and asked {his} {helper} for help.")
    s.say("{Hhe} took a long stick and got the {toy} back.",
          "The {helper} used a ladder and brought the {toy} down.",
          "With {hhis} long arms the {helper} reached the {toy}.")
    s.say("\"Thank you!\" said {name} and hugged {his} {helper}.",
          "{name} was happy and played with the {thing} until the evening.",
          "{He} held the {toy} tight and laughed.")


def lost_animal(s):
    s.mood, s.lesson = "lonely", "a kind heart finds many friends"
    day(s)
    s.say("There {he} saw a small {animal} that was all alone.",
          "Near a tree {he} heard a sound. It was {an_animal}.",
          "On the way {he} found a little {animal}.")
    s.say("The {animal} was cold and hungry.", "The {animal} had lost its way home.",
          "The {animal} looked sad and shook its head.")
    s.say("\"Do not be afraid,\" said {name}.", "{name} sat down next to the {animal}.",
          "{He} wanted to help the poor {animal}.")
    s.say("{He} gave the {animal} some of {his} {treat}.",
          "{He} shared {his} {treat} with the {animal}.",
          "{He} put the {animal} in {his} warm coat.")
    s.say("Then {friend} came and said, \"That is my {animal}!\"",
          "Soon they met {friend}, who was looking for the {animal}.",
          "{He} asked {friend}, and {friend} knew where the {animal} lived.")
    s.say("{friend} was glad to have the {animal} back and thanked {name}.",
          "Together they took the {animal} home.",
          "The {animal} was happy and jumped around {name} and {friend}.")


def sharing(s):
    s.mood, s.lesson = "selfish", "it is good to share"
    s.say("{He} had {a_treat} and {a_thing}.", "For {his} birthday {he} got {a_thing}.",
          "{His} {helper} gave {him} {a_thing}.")
    day(s)
    s.say("{friend} was there too and wanted to play with the {toy}.",
          "There {he} met {friend}, who had no toys.",
          "{friend} asked, \"May I play with your {toy}?\"")
    s.say("But {name} said, \"No, it is mine!\"", "{name} did not want to share the {toy}.",
          "{name} held the {toy} tight and walked away.")
    s.say("{friend} was sad and sat down alone.", "{friend} looked at the ground and did not "
          "speak.", "A tear ran down the face of {friend}.")
    s.say("{name} saw this and felt sorry.", "Then {name} thought about it and felt bad.",
          "{His} {helper} said, \"It is more fun to play together.\"")
    s.say("So {he} gave the {toy} to {friend}, and they played together.",
          "\"Come and play with me,\" said {name}, and {friend} smiled.",
          "{He} said sorry, and they took turns with the {thing}.")


def learning(s):
    s.mood, s.lesson = "ready to give up", "you must try again and again"
    s.work = pick(s.random, WORK)
    s.result = DONE[s.work]
    s.say("{He} wanted to {work}.", "{His} dream was to {work}.",
          "Every day {he} wished that {he} could {work}.")
    s.say("One {weather} day {he} tried it, but it was too hard.",
          "{He} tried once, but it went wrong.", "The first time {he} tried, {he} failed.")
    s.say("{name} was angry and wanted to stop.", "\"I can not do it,\" said {name}.",
          "{He} sat down and felt sad.")
    s.say("{His} {helper} said, \"Try again, and I will help you.\"",
          "But {his} {helper} told {him} to go slowly.",
          "Then {his} {helper} showed {him} how to do it.")
    s.say("{name} tried again the next day.", "So {he} tried again and again.",
          "This time {he} took {his} time.")
    s.say("At last {he} could {work} all alone.", "In the end {result} was a great success.",
          "Soon {he} was able to {work}.")
    s.say("{name} was proud and showed {friend} {result}.",
          "{His} {helper} was very proud of {him}.", "Everybody clapped and was happy for {him}.")


def broken(s):
    s.mood, s.lesson = "afraid of the truth", "it is best to tell the truth"
    s.say("{His} friend {friend} had {a_thing}.", "{friend} gave {him} {a_thing} for a day.",
          "One day {friend} came to play and brought {a_thing}.")
    s.say("{name} played with it, and the {toy} broke.",
          "By mistake {name} dropped the {toy}, and it broke.",
          "{name} ran too fast and fell on the {toy}.")
    s.say("{He} was afraid and hid the {toy}.", "{name} did not know what to say.",
          "\"What shall I do now?\" {he} thought.")
    s.say("{His} {helper} saw it and said, \"You must tell {friend}.\"",
          "Then {he} asked {his} {helper}, who said, \"Tell the truth.\"")
    s.say("So {name} went to {friend} and said, \"I broke your {toy}. I am sorry.\"",
          "{name} told {friend} everything and said sorry.")
    s.say("{friend} was not angry. {Fhe} smiled and said, \"We can mend it.\"",
          "At first {friend} was sad, but then {fhe} hugged {name}.")
    s.say("Together they mended the {thing}.", "They mended the {toy} with the {helper}.",
          "Soon the {toy} was as good as new.")


PLOTS = [lost_toy, stuck_toy, lost_animal, sharing, learning, broken]


def write_story(random):
    """One story as text; `random` is a random.Random."""
    story = Story(random)
    opening(story)
    pick(random, PLOTS)(story)
    ending(story)
    return story.text()

from . import portal, portal_question, question_link, validation_link
